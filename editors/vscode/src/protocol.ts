// The part of the server's protocol that the extension uses, as server/PROTOCOL.md describes it.

/** Version of the protocol that this extension speaks; the server tells its own when it starts. */
export const protocolVersion = 1;

/** What the server says about itself in capabilities.experimental.semanticSearch. */
export interface Capability {
  readonly version: number;
}

export interface Position {
  readonly line: number;
  readonly character: number;
}

export interface Range {
  readonly start: Position;
  readonly end: Position;
}

export interface Location {
  readonly uri: string;
  readonly range: Range;
}

/** Lines of a unit, from 1, both ends included. */
export interface Lines {
  readonly startLine: number;
  readonly endLine: number;
  /** The one of them that says most. */
  readonly text?: string;
}

export interface Contribution {
  readonly name: string;
  readonly value: number;
}

export interface SearchResult {
  /** Relative to the root, with forward slashes; with the name of the root before it where there are several. */
  readonly path: string;
  readonly root?: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly name: string;
  readonly owner: string;
  readonly kind: string;
  readonly language: string;
  readonly signature: string;
  readonly documentation: string;
  /** Relative to the best result, which has 1. */
  readonly score: number;
  readonly confidence: string;
  readonly explanation?: readonly Contribution[];
  readonly bestLines?: Lines;
  /** Further units with the same text, which were left out. */
  readonly duplicates?: number;
  /** The whole unit. */
  readonly location: Location;
  /** Its name, or its start. */
  readonly nameRange: Range;
}

export interface SearchParams {
  readonly query: string;
  readonly limit?: number;
  readonly bestLines?: boolean;
  /** The last word may be the beginning of another one. */
  readonly typing?: boolean;
}

export interface SimilarParams {
  readonly textDocument?: { readonly uri: string };
  readonly position?: Position;
  readonly text?: string;
  readonly limit?: number;
}

export interface SearchResponse {
  readonly results: readonly SearchResult[];
  /** False while anything notified or on disk is not yet indexed. */
  readonly complete: boolean;
  readonly tookMs: number;
  readonly class?: string;
  readonly message?: string;
}

export interface ExplainParams {
  readonly query: string;
  readonly textDocument: { readonly uri: string };
  readonly position: Position;
}

export interface ExplainResponse {
  readonly class: string;
  readonly words: readonly string[] | null;
  /** From 1; 0 when the unit is not in the ranking. */
  readonly rank: number;
  readonly of: number;
  readonly result: SearchResult;
  readonly best?: SearchResult;
  readonly excluded?: readonly string[];
}

export interface DuplicatesParams {
  readonly min?: number;
  readonly workDoneToken?: string;
}

export interface DuplicatesGroup {
  readonly units: readonly SearchResult[];
  /** Lowest similarity that holds the group together; 1 for equal texts. */
  readonly least: number;
}

export interface DuplicatesResponse {
  readonly groups: readonly DuplicatesGroup[];
  readonly units: number;
  readonly complete: boolean;
  readonly tookMs: number;
}

export interface Completion {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly detail?: string;
  /** False after an operator that wants a value. */
  readonly final: boolean;
}

export interface CompleteResponse {
  readonly items: readonly Completion[];
}

export interface RootStatus {
  readonly path: string;
  readonly state: "indexing" | "ready" | "paused" | "degraded" | "disabled";
  readonly reason?: string;
  /** A person did not want it to be indexed. Reindexing does it. */
  readonly declined?: boolean;
  readonly done?: number;
  readonly total?: number;
  readonly files?: number;
  readonly units?: number;
  readonly functions?: number;
  readonly diskBytes?: number;
  readonly skipped?: Readonly<Record<string, number>> | null;
}

export interface Status {
  readonly model: string;
  readonly cacheDir: string;
  readonly degraded?: string;
  readonly watching?: string;
  readonly roots: readonly RootStatus[];
}

export interface FolderParams {
  readonly folder?: string;
}

/** Requests with the shapes of their parameters and answers. */
export interface Requests {
  "semantic/search": { params: SearchParams; result: SearchResponse };
  "semantic/similar": { params: SimilarParams; result: SearchResponse };
  "semantic/explain": { params: ExplainParams; result: ExplainResponse };
  "semantic/duplicates": { params: DuplicatesParams; result: DuplicatesResponse };
  "semantic/complete": { params: { text: string; cursor: number }; result: CompleteResponse };
  "semantic/openPage": { params: Record<string, never>; result: { readonly url: string } };
  "semantic/status": { params: Record<string, never>; result: Status };
  "semantic/reindex": { params: FolderParams; result: null };
  "semantic/pause": { params: FolderParams; result: null };
  "semantic/resume": { params: FolderParams; result: null };
}

export type Method = keyof Requests;

/** Commands of the server that the extension runs itself, so that the server does not announce them. */
export const ownCommands: readonly string[] = [
  "semantic.search",
  "semantic.similar",
  "semantic.explain",
  "semantic.duplicates",
  "semantic.complete",
  "semantic.openPage",
  "semantic.status",
  "semantic.reindex",
  "semantic.pause",
  "semantic.resume",
];
