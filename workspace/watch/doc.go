// Package watch tells which files under a set of roots changed on disk.
//
// One loop owns all state. Where the operating system reports changes for
// directories (Linux, Windows, illumos), every directory that the rules do
// not skip is watched; elsewhere, or when that fails, the tree is compared
// with its last known state again and again. The policies:
//
//   - Add returns once everything is watched or recorded, so that a caller who
//     scans afterwards misses nothing.
//   - A new directory is watched first and listed afterwards, until a listing
//     finds no directory without a watch; files made in between are reported.
//   - Events are gathered until none came for Options.Quiet, at most for
//     Options.MaxDelay. While the callback runs, further batches queue up.
//   - When the system's event queue overflows, a watched directory is moved,
//     ignore files change, HEAD changes, the machine wakes up or a vanished
//     root returns, the batch says Rescan: compare the whole root.
//   - When watches run out, the directories without one are polled, Mode says
//     so, and each reconciliation tries again to watch them.
//   - The interval of polling grows while nothing happens and keeps the cost
//     of scans below a twentieth of one processor.
//   - At a slow, jittered interval every root is to be rescanned whatever
//     happened, since no notification mechanism is complete (network file
//     systems, other machines, changes of info/exclude).
package watch
