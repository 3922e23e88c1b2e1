// The part of tree-sitter's C interface that tree.c uses, and what tree.c offers to Go. The library itself is
// compiled and linked by the Go module github.com/tree-sitter/go-tree-sitter, whose headers cgo cannot reach from
// another module; tree.go compares the sizes of these declarations with that module's when it is compiled.

#ifndef CHUNK_TREE_H
#define CHUNK_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct TSParser TSParser;
typedef struct TSTree TSTree;
typedef struct TSLanguage TSLanguage;
typedef struct { uint32_t row, column; } TSPoint;
typedef struct { uint32_t context[4]; const void *id; const TSTree *tree; } TSNode;
typedef struct { const void *tree; const void *id; uint32_t context[3]; } TSTreeCursor;
typedef struct {
	uint32_t start_byte, old_end_byte, new_end_byte;
	TSPoint start_point, old_end_point, new_end_point;
} TSInputEdit;

// What the walk says of a node. Nodes come in pre-order; next is the index after the last descendant.
typedef struct {
	uint32_t start, end, next;
	uint16_t symbol, field;
} chunk_node;

// How the walk treats a symbol; bits, one byte for each symbol.
enum {
	CHUNK_EMIT = 1,  // report the node and its direct named children
	CHUNK_PRUNE = 2, // do not look below the node
	CHUNK_LEAF = 4,  // report the node, but not its children for its sake
};

typedef struct chunk_parser chunk_parser;

chunk_parser *chunk_parser_new(const void *language);
void chunk_parser_delete(chunk_parser *p);

// chunk_parse parses text, with the help of an old tree edited to match it when old is not null, and returns the
// tree, or null when the limits were reached. The caller deletes the tree.
TSTree *chunk_parse(chunk_parser *p, const char *text, uint32_t size, bool newline, const TSTree *old, uint64_t limit_us,
	uint64_t limit_bytes, bool *damaged);

// chunk_edit returns an edited copy of the tree.
TSTree *chunk_edit(const TSTree *tree, TSInputEdit edit);
void chunk_tree_delete(TSTree *tree);

// chunk_walk lists the nodes that policy asks for. The list belongs to the parser, until its next walk.
const chunk_node *chunk_walk(chunk_parser *p, const TSTree *tree, const uint8_t *policy, uint32_t symbols,
	uint32_t limit, uint32_t *count);

// chunk_count_allocations makes the library count what it allocates, which limit_bytes needs. Before any parser.
void chunk_count_allocations(void);

// Names of symbols and fields, for resolving the tables of the languages once.
uint32_t chunk_symbol_count(const void *language);
const char *chunk_symbol_name(const void *language, uint16_t symbol);
bool chunk_symbol_named(const void *language, uint16_t symbol);
uint32_t chunk_field_count(const void *language);
const char *chunk_field_name(const void *language, uint16_t field);

#endif
