/** JSON as Jackson's nodes give it to ONOS: fields may be absent, numbers may be text and text numbers. */
export type Json = Record<string, unknown>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
export function objectOf(value: unknown): Json {
  return isObject(value) ? value : {};
}
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}
/** JsonNode.asText() */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
/** JsonNode.asInt() */
export function intOf(value: unknown): number {
  const number = typeof value === 'number' ? value : Number.parseInt(textOf(value), 10);
  return Number.isFinite(number) ? Math.trunc(number) : 0;
}
