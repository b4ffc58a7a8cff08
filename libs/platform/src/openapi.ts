// Apart from the index: what documents an API costs 19 MB, which a tracer does not need.
export { Returns } from './http/returns.decorator.js';
