"""Writes what the tests compare with: token ids and sentence similarities of Hugging Face's tokenizers and ONNX Runtime.

    pip install tokenizers==0.23.3 onnxruntime==1.26.0 numpy
    python reference.py MODEL.onnx TOKENIZER.json

The two files are those of all-MiniLM-L6-v2, int8. Other versions of the runtime give this model vectors that differ
in the third digit. Every text is made here, from a fixed seed; the small vocabulary that is trained on them comes out
a little different every time. The characters come from scripts that Unicode has had since version 8, which is what
the reference's tables know.
"""

import gzip
import json
import random
import sys

import numpy as np
import onnxruntime
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

R = random.Random(20260101)
VERBS = "read write parse open close merge split encode decode find fetch retry flush map filter reduce sort cache lock hash sign verify draw render".split()
NOUNS = "file buffer token header response request packet queue index vector matrix node tree user account date price image pixel thread socket cursor row".split()
TAILS = "ById FromDisk WithRetry Async2 IfMissing_v3 HTTPServer UTF8 XMLDoc 64 Ex".split()
PROSE = [
    "Returns the number of bytes that were copied, or an error.",
    "Größe der Datei in Bytes; gibt -1 zurück, falls sie nicht existiert. Straße, Übergröße, Fußgänger.",
    "Renvoie la première clé trouvée, à défaut « null ». L'été dernier, cœur, naïve, façade, Noël.",
    "Возвращает количество строк в файле. Ёлка, съёмка, объект.",
    "Επιστρέφει το μέγεθος του αρχείου. ΑΣ, ΟΔΥΣΣΕΥΣ, ήχος.",
    "מחזיר את גודל הקובץ בבתים. שָׁלוֹם",
    "يعيد حجم الملف بالبايت. مُحَمَّد",
    "फ़ाइल का आकार लौटाता है। क़िताब",
    "คืนค่าขนาดไฟล์ น้ำ",
    "Trả về kích thước tệp. Tiếng Việt có dấu: ằ ặ ệ ỗ ữ.",
    "파일의 크기를 반환합니다. 한국어 가나다",
    "ファイルのサイズを返します。東京タワー、ガギグゲゴ、ﾊﾝｶｸ",
    "返回文件的大小。如果文件不存在，则返回错误。繁體字，漢字。",
    "Zwraca rozmiar pliku. Zażółć gęślą jaźń. Łódź.",
    "Dosyanın boyutunu döndürür. İstanbul, ılık, IĞDIR.",
    "emoji 🙂👩‍💻🚀 flags 🇩🇪 keycap 1️⃣ variation ☺️ and text",
    "dashes – — ‐ ‑ quotes “a” ‘b’ „c“ ‹d› dots … bullet • § ¶ † ‡ ° ± × ÷ ≤ ≥ ≠ ∞ √ ∑ € £ ¥ ₽",
    "ligatures ﬁ ﬂ ﬀ, fractions ½ ¼, powers x² y³ ⁿ, circled ①②, roman Ⅷ, wide ＡＢＣ１２３，．",
    "zero\u200bwidth soft\u00adhyphen join\u2060er bom\ufeff nbsp\u00a0thin\u2009ideographic\u3000line\u2028paragraph\u2029end",
    "control\x00\x07\x1b[0m tab\tnewline\nreturn\rvertical\x0bform\x0cnext\x85replaced\ufffd",
    "cafe\u0301 e\u0301\u0327 A\u030a n\u0303 o\u0308\u0304 decomposed and é composed; ǅ ǈ Ǆ ß ẞ ſ ŉ ĳ Ω K Å",
    "[CLS] [SEP] [MASK] [PAD] [UNK] ##ing ## # [ ]",
    "https://example.org/a/b?c=d&e=f#g user@example.org C:\\dir\\file.txt ../up ~/home $HOME ${VAR} %PATH%",
]
LETTERS = [range(0x21, 0x7F), range(0xC0, 0x250), range(0x391, 0x3A2), range(0x3A3, 0x3CA), range(0x410, 0x450), range(0x5D0, 0x5EB),
           range(0x621, 0x63B), range(0x905, 0x93A), range(0xE01, 0xE2F), range(0xAC00, 0xAC60), range(0x3041, 0x3097), range(0x30A1, 0x30FB),
           range(0x4E00, 0x4E40), range(0x2010, 0x2028), range(0x2190, 0x21A0), range(0x2200, 0x2240), range(0xF900, 0xF920), range(0x1D400, 0x1D410),
           range(0x20000, 0x20008), range(0x300, 0x316)]


def name():
    v, n, t = R.choice(VERBS), R.choice(NOUNS), R.choice(TAILS) if R.random() < 0.4 else ""
    style = R.randrange(4)
    if style == 0:
        return v + n.capitalize() + t
    if style == 1:
        return f"{v}_{n}" + ("_" + t.lower() if t else "")
    if style == 2:
        return f"{v}_{n}{t}".upper()
    return v.capitalize() + n.capitalize() + t


def number():
    return R.choice(["0", "1", "-1", "0x%X" % R.randrange(1 << 32), "%.3g" % R.random(), "1_000_000", "1e-9", str(R.randrange(10**9)), "0b1011"])


def snippet():
    f, a, b = name(), name(), name()
    op = R.choice(["+", "-", "*", "<<", "&&", "||", "==", "!=", "->", "::", "=>", ":=", "..."])
    return R.choice([
        f"func (s *{a}) {f}(ctx context.Context, {b} []byte) (int, error) {{\n\tif len({b}) {op} {number()} {{\n\t\treturn 0, fmt.Errorf(\"{f}: %w\", err)\n\t}}\n\treturn s.{a}.{f}({b})\n}}",
        f"def {f}(self, {a}, *, {b}={number()}):\n    \"\"\"{R.choice(PROSE)}\"\"\"\n    return [{a}[i] {op} {b} for i in range({number()})]",
        f"/** {R.choice(PROSE)} */\npublic static <T extends {a}> List<T> {f}(Map<String, {b}> m) throws IOException {{ return m.get(\"{a}\") {op} {number()}; }}",
        f"// {R.choice(PROSE)}\nexport const {f} = async ({a}: string, {b}?: number) => {{ await {a}`${{{b}}}`; /* {op} */ }};",
        f"#define {f}(x) ((x) {op} {number()})\nstatic inline uint32_t {a}(const struct {b} *p) {{ return p->{a}[{number()}]; }}",
        f"fn {f}<'a, T: {a}>(x: &'a mut T) -> Result<Option<{b}>, Box<dyn Error>> {{ x.iter().map(|v| v {op} {number()})?; Ok(None) }}",
        f"SELECT {a}, COUNT(*) FROM {b} WHERE {f} >= {number()} AND note LIKE '%{R.choice(VERBS)}%' -- {R.choice(PROSE)}",
        f"{R.choice(['how to', 'where do we', 'what'])} {R.choice(VERBS)} a {R.choice(NOUNS)} {R.choice(['in go', 'with python', 'quickly?', ''])}",
    ])


def noise():
    return "".join(chr(R.choice(R.choice(LETTERS))) if R.random() < 0.85 else " " for _ in range(R.randrange(1, 60)))


def texts():
    fixed = PROSE + ["", " ", "\t\n", "a", "A" * 99, "a" * 100, "a" * 101, "é" * 100, "é" * 101, "x" * 3000, "word " * 300, "0123456789" * 9, "_" * 40, "中" * 300]
    return fixed + [snippet() for _ in range(900)] + [noise() for _ in range(200)]


def small(corpus):
    t = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=100))
    t.normalizer = normalizers.BertNormalizer(lowercase=True)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    t.train_from_iterator(corpus[:500], trainers.WordPieceTrainer(vocab_size=1500, special_tokens=special, show_progress=False))
    ends = [(s, t.token_to_id(s)) for s in ("[SEP]", "[CLS]")]
    t.post_processor = processors.BertProcessing(*ends)
    return t


def bytes_of(corpus):
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["<s>", "<pad>", "</s>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    t.train_from_iterator(corpus[:500], trainers.BpeTrainer(vocab_size=1500, special_tokens=special, initial_alphabet=alphabet, show_progress=False))
    t.post_processor = processors.RobertaProcessing(("</s>", t.token_to_id("</s>")), ("<s>", t.token_to_id("<s>")), add_prefix_space=False)
    return t


SENTENCES = [
    "read a file into memory", "load the contents of a document from disk", "def read_file(path):\n    with open(path) as f:\n        return f.read()",
    "retry a request with exponential backoff", "the cat sits on the mat", "Ein Mann isst Brot.", "sort a list of dates", "parse JSON", "x",
]


def rounded(matrix):
    return [[round(float(x), 5) for x in row] for row in matrix]


def similarities(session, tokenizer):
    vectors = []
    for s in SENTENCES:
        ids = np.array([tokenizer.encode(s).ids], dtype=np.int64)
        states = session.run(["last_hidden_state"], {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)})[0][0]
        v = states.mean(axis=0)
        vectors.append(v / np.linalg.norm(v))
    v = np.stack(vectors)
    return {"sentences": SENTENCES, "cosine": rounded(v @ v.T), "begin": rounded(v[:, :8])}


def main(model, tokenizer):
    corpus = texts()
    real, own = Tokenizer.from_file(tokenizer), small(corpus)
    by_bytes = bytes_of(corpus)
    own.save("tokenizer.json", pretty=False)
    by_bytes.save("bpe.json", pretty=False)
    for t in (real, own, by_bytes):
        t.no_padding()
        t.enable_truncation(256)
        t.encode_special_tokens = True
    with open("ids.jsonl.gz", "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as out:
        for text in corpus:
            row = {"text": text, "own": own.encode(text).ids, "bpe": by_bytes.encode(text).ids, "minilm": real.encode(text).ids}
            out.write((json.dumps(row, separators=(",", ":")) + "\n").encode())
    with open("similarities.json", "w") as out:
        json.dump(similarities(onnxruntime.InferenceSession(model), real), out, indent=1)
        out.write("\n")


main(*sys.argv[1:])
