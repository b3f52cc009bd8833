/** A value as YAML, JSON or the command line gives it. */
export type ArgumentValue = string | number | boolean | null | readonly ArgumentValue[] | { readonly [key: string]: ArgumentValue };

/** vLLM's arguments by canonical kebab-case name; only what takes effect, defaults not filled in. */
export type VllmArguments = ReadonlyMap<string, ArgumentValue>;
