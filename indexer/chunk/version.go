package chunk

// Version grows whenever the same text may give other units than before. Indexes made by another version are
// built anew.
const Version = 1
