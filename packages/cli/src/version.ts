/** Of the command and of the gateway it runs. */
export const VERSION = '0.1.0';
