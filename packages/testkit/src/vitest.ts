// placeholder until the adapter is written
