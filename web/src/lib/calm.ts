/**
 * What is said when a person decided not to go on. Nothing went wrong, so the
 * boxes and notices that show errors show these as plain information.
 */
export const calm = {
  notConfirmed: 'Nothing was changed: you did not confirm that it is you.',
} as const;

const sentences = new Set<string>(Object.values(calm));

export const isCalm = (message: string) => sentences.has(message);
