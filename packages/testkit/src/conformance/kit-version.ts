/** The version of this package, for reports. */
export const KIT_VERSION = '0.0.0';
