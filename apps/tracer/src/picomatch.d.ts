/** The part of picomatch that is used here; the package brings no types. */
declare module 'picomatch' {
  export default function picomatch(globs: readonly string[], options?: { readonly dot?: boolean }): (text: string) => boolean;
}
