package chunk

// Version grows whenever the same text may give other units than before, and differs between builds with and without
// cgo, which read most languages in different ways. Indexes made by another version are built anew.
const Version = 6<<1 | variant
