/** The test kit of voice agents. */
export {};
