// Package store keeps the durable index of one repository: immutable segments, a manifest that names them, and
// a lock that decides which process writes.
//
// A segment holds a set of whole files: their units, postings and vectors. It is one byte string with tagged,
// checksummed sections, read in place whether it was mapped from disk or just built in memory. Segments form a
// stack: a file in an upper segment shadows the same path in every lower one, and a file record without units
// that is marked Deleted removes the path. So an index is changed only by adding segments on top; merging
// segments drops what is shadowed.
//
// # Files
//
//	<cache>/<repository>-<id>/
//	    LOCK            advisory lock, held by the process that writes
//	    MANIFEST        the segments that make the index, bottom to top; replaced atomically
//	    <n>-<sum>.seg   segments; never changed, never truncated, removed once no manifest names them
//	    <n>-<sum>.seg.graph   nearest-neighbour graph over the vectors of a segment, where the engine uses one
//	    vectors-<model>-<id>/  vectors of a further model, by the content hash of their units
//	        LOCK               advisory lock, held by the process that computes them
//	        USE                locked for sharing by every process that uses them; its time is that of the last use
//	        MODEL, COMPLETE    the model's identity; that every unit had its vectors once
//	        <n>-<sum>.vec      blocks; the folder holds the union of them
//
// Readers map the segments that the manifest names and look at the manifest again now and then; a segment that
// vanished between the two reads means that a newer manifest exists. Every file carries a format version, the
// identity of the model and checksums. A file that fails a check is reported as a *CorruptError: the caller
// rebuilds, it never guesses.
//
// # Segment layout
//
//	offset  size
//	0       4      magic "SLSG"
//	4       4      format version, little endian like every number here
//	8       …      sections, each starting at a multiple of 64
//	        24·n   table of contents: tag [4]byte, checksum uint32, offset uint64, length uint64
//	end-16  4      number of sections n
//	end-12  4      CRC-32C of the table of contents
//	end-8   4      format version again
//	end-4   4      magic "SLSG" again: a torn file has no end
//
// Sections: META (JSON), FILE and UNIT (fixed-size records), NAME (strings), DETL (positions, signatures,
// documentation), HASH and HORD (content hashes and their sorted order), LEXI (package lexical), VECT (package
// vector). A reader skips tags that it does not know.
package store
