package workspace

import "strings"

// Reason says why a file or directory is not indexed. The zero value means that it is.
type Reason uint8

// The reasons, in the order in which they are tried on a path, but for the last, which is tried first. Their numbers are
// stored.
const (
	NotSkipped       Reason = iota
	VersionControl          // .git, .hg, .svn and the like
	Secret                  // keys, credentials, environment files; cannot be re-included
	Ignored                 // by git's ignore rules or by .semanticignore
	Vendored                // directories of other people's code
	Data                    // lock files, tables, images, archives, fonts and other files without functions
	Minified                // by name (*.min.js) or by very long lines
	NestedRepository        // a work tree inside the root that is not one of its submodules
	Symlink                 // never followed: the target is indexed where it really is
	NotRegular              // pipes, devices, sockets
	Unreadable              // the operating system refused
	Huge                    // larger than the limit
	Binary                  // NUL bytes or mostly undecodable
	Unnameable              // its name is not UTF-8: nobody could be told of it, nor ask for it
	ReasonCount             // the number of reasons, not a reason
)

var reasonNames = [ReasonCount]string{
	"", "version control", "secret", "ignored", "vendored", "data", "minified", "nested repository",
	"symlink", "not regular", "unreadable", "huge", "binary", "name not utf-8",
}

// String returns a lower-case name for people, "" for NotSkipped.
func (r Reason) String() string {
	if r < ReasonCount {
		return reasonNames[r]
	}
	return "unknown"
}

// Counts says what a walk met. A skipped directory counts once, whatever it holds.
type Counts struct {
	Files   int // files handed to the visitor
	Dirs    int // directories entered, the top one included
	Skipped [ReasonCount]int
}

// Add adds other to c.
func (c *Counts) Add(other Counts) {
	c.Files += other.Files
	c.Dirs += other.Dirs
	for i, n := range other.Skipped {
		c.Skipped[i] += n
	}
}

var versionControl = set(".git", ".hg", ".svn", ".bzr", ".jj", ".sl", "CVS", "_darcs", ".pijul")

// vendored names directories that by convention of their ecosystem hold
// other people's code or what tools derived from it. Output directories
// without such a firm convention (build, dist, out, target) are left to the
// project's ignore files.
var vendored = set(
	"vendor", "third_party", "third-party", "thirdparty", "3rdparty", "Godeps",
	"node_modules", "bower_components", "jspm_packages", "web_modules", ".yarn", ".pnpm-store",
	"site-packages", "dist-packages", ".venv", "venv", "virtualenv", ".tox", ".nox", ".eggs", "__pycache__", "__pypackages__",
	"Pods", "Carthage", ".bundle", ".gradle", ".m2", ".cargo", ".terraform", "elm-stuff", "bazel-out",
	".mypy_cache", ".pytest_cache", ".ruff_cache",
)

// dataNames and dataExtensions (without dot, lower case) name files that
// hold no functions.
var dataNames = set(
	"package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb", "deno.lock",
	"go.sum", "go.work.sum", "Cargo.lock", "poetry.lock", "Pipfile.lock", "uv.lock", "pdm.lock", "pixi.lock", "conda-lock.yml",
	"composer.lock", "Gemfile.lock", "mix.lock", "pubspec.lock", "Podfile.lock", "Package.resolved", "flake.lock",
	"packages.lock.json", "gradle.lockfile", "MODULE.bazel.lock", ".terraform.lock.hcl", ".DS_Store", "Thumbs.db",
)

var dataExtensions = set(
	"csv", "tsv", "psv", "parquet", "arrow", "feather", "avro", "orc", "jsonl", "ndjson", "geojson", "xlsx", "xls", "ods",
	"db", "sqlite", "sqlite3", "mdb", "dump", "bson", "npy", "npz", "h5", "hdf5", "pkl", "pickle", "mat", "rdb",
	"onnx", "safetensors", "gguf", "pt", "pth", "ckpt", "tflite", "bin", "dat",
	"svg", "png", "jpg", "jpeg", "gif", "bmp", "ico", "icns", "webp", "avif", "heic", "tif", "tiff", "psd", "ai", "eps", "xcf", "sketch", "fig",
	"mp3", "mp4", "m4a", "wav", "ogg", "oga", "ogv", "flac", "aac", "avi", "mov", "mkv", "webm", "mid",
	"ttf", "otf", "woff", "woff2", "eot", "pdf", "ps", "doc", "docx", "ppt", "pptx", "odt", "odp", "epub",
	"zip", "tar", "gz", "tgz", "bz2", "xz", "zst", "lz4", "br", "7z", "rar", "jar", "war", "ear", "whl", "egg", "gem", "deb", "rpm", "dmg", "iso", "apk", "ipa", "vsix", "crx", "nupkg",
	"exe", "dll", "so", "dylib", "a", "o", "obj", "lib", "pdb", "class", "pyc", "pyo", "pyd", "wasm", "elc", "beam", "hi", "rlib", "rmeta",
	"map", "snap", "log", "lock", "po", "mo", "pot", "xlf", "glb", "gltf", "fbx", "stl", "dae", "blend", "pcap", "sum", "prof", "swp", "bak", "orig", "rej",
)

// secretNames and secretExtensions (without dot, lower case) name files that
// usually hold keys or passwords.
var secretNames = set(
	".netrc", "_netrc", ".pgpass", "pgpass.conf", ".my.cnf", ".git-credentials", ".npmrc", ".yarnrc", ".pypirc", ".htpasswd", ".htdigest", ".dockercfg",
	".s3cfg", ".boto", ".vault-token", "credentials", "credentials.json", "credentials.xml", "credentials.yml", "credentials.yaml",
	"credentials.toml", "secrets.json", "secrets.yml", "secrets.yaml", "secrets.toml", "secrets.env", "master.key", "token.json",
	"application_default_credentials.json", "terraform.tfvars", "kubeconfig",
)

var secretExtensions = set(
	"pem", "key", "p12", "pfx", "p8", "pkcs12", "jks", "keystore", "kdbx", "kdb", "ppk", "ovpn", "gpg", "pgp", "tfstate", "mobileprovision", "agekey",
)

var environmentTemplates = set("example", "sample", "template", "dist", "defaults", "schema")

var keyPrefixes = []string{"id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"}

// isSecretName reports whether a file of this base name is likely to hold
// secrets. Templates of environment files (.env.example) are not secret.
func isSecretName(name, ext string) bool {
	if has(secretNames, name) || has(secretExtensions, ext) {
		return true
	}
	if strings.HasPrefix(name, ".env") {
		rest := name[len(".env"):]
		return rest == "" || rest == "rc" || (rest[0] == '.' || rest[0] == '-' || rest[0] == '_') && !has(environmentTemplates, ext)
	}
	if ext == "env" {
		return !has(environmentTemplates, strings.TrimSuffix(name, ".env"))
	}
	if strings.HasPrefix(name, "id_") {
		for _, prefix := range keyPrefixes {
			if rest, ok := strings.CutPrefix(name, prefix); ok {
				// id_rsa_test.go is source; id_rsa, id_rsa_work and id_rsa.old are keys.
				return ext == "" || rest[0] == '.'
			}
		}
	}
	return ext == "json" && (strings.HasPrefix(name, "client_secret") || strings.HasPrefix(name, "service-account") ||
		strings.HasPrefix(name, "service_account"))
}

func isMinifiedName(name, ext string) bool {
	if ext != "js" && ext != "css" && ext != "mjs" && ext != "cjs" {
		return false
	}
	stem := name[:len(name)-len(ext)-1]
	return strings.HasSuffix(stem, ".min") || strings.HasSuffix(stem, "-min") || strings.HasSuffix(stem, "_min")
}

func isDataName(name, ext string) bool { return has(dataExtensions, ext) || has(dataNames, name) }

// extensionOf returns what follows the last dot of name in lower case, "" if
// there is none or only a leading one.
func extensionOf(name string) string {
	dot := strings.LastIndexByte(name, '.')
	if dot <= 0 {
		return ""
	}
	return foldASCII(name[dot+1:])
}

func set(names ...string) map[string]struct{} {
	m := make(map[string]struct{}, len(names))
	for _, name := range names {
		m[name] = struct{}{}
	}
	return m
}

func has(m map[string]struct{}, key string) bool {
	_, ok := m[key]
	return ok
}
