/** What the transport calls itself where nobody says otherwise. */
export const USER_AGENT = 'linkspan/0.0.0';
