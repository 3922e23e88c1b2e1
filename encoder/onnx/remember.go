package onnx

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"
)

const (
	// cheapBytes is the size up to which a file is compared with its checksum whenever it is opened: that takes tens of
	// milliseconds. Larger ones are compared when they have changed, by size or time of modification, and once in
	// comparedFor besides, so that damage that the file system does not tell of is found within that time.
	cheapBytes  = 64 << 20
	comparedFor = 7 * 24 * time.Hour

	// comparedName is the file in the folder of a model that tells which files were compared.
	comparedName = "compared.json"
)

// compared tells of a file when it was found to be what the manifest names, and what it was like.
type compared struct {
	SHA256   string    `json:"sha256"`
	Bytes    int64     `json:"bytes"`
	Modified time.Time `json:"modified"`
	At       time.Time `json:"at"`
}

// verifyToOpen compares the files with some roles with the manifest, those of more than cheap bytes only if that was not done
// lately with what lies there now. The folder may be one that cannot be written to: then all of them are compared.
func (m *Manifest) verifyToOpen(now time.Time, cheap int64, roles ...Role) error {
	before := m.readCompared()
	after := map[string]compared{}
	fresh := false
	for _, role := range roles {
		for i := range m.Files {
			f := &m.Files[i]
			if f.Role != role {
				continue
			}
			path := filepath.Join(m.Folder, f.Path)
			if f.Bytes <= cheap {
				if err := f.Verify(path); err != nil {
					return err
				}
				continue
			}
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			if c, known := before[f.Path]; known && c.covers(f, info, now) {
				after[f.Path] = c
				continue
			}
			if err := f.Verify(path); err != nil {
				return err
			}
			after[f.Path], fresh = compared{f.SHA256, info.Size(), info.ModTime(), now}, true
		}
	}
	if fresh {
		m.writeCompared(after)
	}
	return nil
}

// covers reports whether a file need not be compared again.
func (c *compared) covers(f *File, info os.FileInfo, now time.Time) bool {
	age := now.Sub(c.At)
	return c.SHA256 == f.SHA256 && c.Bytes == f.Bytes && c.Bytes == info.Size() && c.Modified.Equal(info.ModTime()) &&
		age >= 0 && age < comparedFor
}

// readCompared returns what was noted. What cannot be read was not.
func (m *Manifest) readCompared() map[string]compared {
	noted := map[string]compared{}
	data, err := readBounded(filepath.Join(m.Folder, comparedName), maxManifestBytes)
	if err != nil || json.Unmarshal(data, &noted) != nil {
		return nil
	}
	return noted
}

// writeCompared notes which files were compared. Where that fails, they are compared again next time.
func (m *Manifest) writeCompared(noted map[string]compared) {
	data, err := json.Marshal(noted)
	if err != nil {
		return
	}
	file, err := os.CreateTemp(m.Folder, comparedName+".*.part")
	if err != nil {
		return
	}
	_, err = file.Write(data)
	if failed := file.Close(); err == nil {
		err = failed
	}
	if err == nil {
		err = os.Rename(file.Name(), filepath.Join(m.Folder, comparedName))
	}
	if err != nil {
		os.Remove(file.Name())
	}
}
