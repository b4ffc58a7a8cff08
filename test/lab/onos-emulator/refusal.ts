/** An answer of ONOS' own shape, `{"code","message"}`. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
    this.name = 'Refusal';
  }
}
/** IllegalArgumentException, NumberFormatException, JsonProcessingException. */
export const illegal = (message: string): Refusal => new Refusal(400, message);
/** ItemNotFoundException. */
export const notFound = (message: string): Refusal => new Refusal(404, message);
/** Whatever else Java throws, ClassCastException first. */
export const broken = (message: string): Refusal => new Refusal(500, message);

/** Tools.nullIsIllegal */
export function required(value: unknown, member: string, of: string): unknown {
  if (value === undefined || value === null) throw illegal(`${member} member is required in ${of}`);
  return value;
}
