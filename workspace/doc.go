// Package workspace knows the files and documents that the program works on:
// which folders are open, what an open buffer holds, where a byte offset is
// for an editor, which files under a root are worth indexing and why the
// others are not. It knows no protocol and imports nothing of the program.
//
// # Paths
//
// A path is a key, so there is one spelling of it: Canonical makes it
// (absolute, clean, symbolic links resolved, drive letter in upper case).
// Paths relative to a root use forward slashes on every system. PathToURI and
// URIToPath convert at the edge, where URIs live.
//
// # Documents
//
// All changes go through Workspace.Modify, with one struct for everything
// that can happen, and result in a numbered immutable Snapshot. An open
// document (an overlay) wins over the disk for this process alone: overlays
// are never written anywhere. Closing a document makes the disk count again.
//
// # Roots
//
// FindRoot maps a folder to the work tree of the git repository around it, or
// to itself outside git. Linked work trees are roots of their own that share
// a common directory. A submodule belongs to the superproject's root when it
// is reached from above, and is a root when a folder within it is opened.
//
// # What is indexed
//
// Rules answer for one path and Walk for a tree, with the same code. The
// first of these that holds decides:
//
//  1. Names that are not UTF-8 are skipped, since neither URIs nor JSON can carry
//     them, and version control directories.
//  2. Names of secrets (keys, credentials, .env files but not .env.example) are
//     skipped. Nothing re-includes them.
//  3. .semanticignore files, with the syntax and nesting of .gitignore files,
//     decide: a pattern skips, a negated pattern ("!vendor/") re-includes
//     whatever the following rules would skip. As in git, nothing within a
//     skipped directory can be re-included; re-include the directory itself.
//  4. Git's rules: .gitignore files from the deepest directory upwards, then the
//     repository's info/exclude, then core.excludesFile (by default
//     $XDG_CONFIG_HOME/git/ignore), matched as git matches them, including
//     core.ignoreCase. A submodule starts afresh with its own. They apply by
//     pattern alone: a tracked file that a pattern matches is skipped too.
//  5. Vendored directories, data files and minified files are skipped, by name.
//  6. Work trees that are nested in the root without being submodules are
//     skipped; they are roots of their own.
//  7. Symbolic links are never followed: what they point at is indexed where it
//     really is. Pipes, devices, sockets and files above the size limit are skipped.
//  8. CheckContent skips what turns out to be binary or minified once read.
//
// Generated files are indexed. Everything that is skipped is counted with its
// Reason.
package workspace
