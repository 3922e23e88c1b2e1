"""Writes unigram.json.gz, what the tests of Unigram compare with: a small tokenizer in several variants, and the ids of
Hugging Face's tokenizers for the texts of ids.jsonl.gz and for some at the edges.

    pip install tokenizers==0.23.3 sentencepiece==0.2.3
    python unigram.py

SentencePiece learns the vocabulary, and compiles a table of replacements as its models have them: what its own rules
for machine translation change of the characters that occur here.
"""

import gzip
import io
import json
import tempfile

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

EDGES = [a + b for a in "aeiouAn가カは" for b in "\u0300\u0301\u0308\u0327\u030a\u11a8\u3099\u309a\u200d\ufe0f"] + [
    "\r\n", "a\r\nb", " \u0301", "▁▁▁a▁", "a ▁ b", "   lead", " ▁x", "x  ", "<s>", "</s> <unk>", "İstanbul ẞ", "a\x00b", "a" * 500, "▁" * 300, " " * 300 + "x",
]


def train(corpus, **rules):
    out = io.BytesIO()
    lines = (c.replace("\n", " ") for c in corpus[:700] if c.strip())
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=lines, model_writer=out, vocab_size=1200, model_type="unigram", character_coverage=0.9995, hard_vocab_limit=False,
        minloglevel=2, **rules)
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(out.getvalue())
    return model


def rules(corpus, full):
    """The lines of a table that does to the corpus what the full one does."""
    codes = lambda text: " ".join("%X" % ord(c) for c in text)
    known = {}
    for text in corpus:
        for n in (1, 2, 3):
            for i in range(len(text) - n + 1):
                piece = text[i : i + n]
                parts = "".join(known.get(c, c) for c in piece)
                changed = full.normalize_str(piece)
                if changed != (piece if n == 1 else parts):
                    known[piece] = changed
    return "".join(f"{codes(a)}\t{codes(b)}\n" for a, b in sorted(known.items()) if "\x00" not in a)


def frame(pair):
    special = [("<s>", 0), ("</s>", 2)]
    return processors.TemplateProcessing(single="<s> $A </s>", pair=pair, special_tokens=special)


def variants(charsmap):
    n, p = normalizers, pre_tokenizers
    roberta, typed = frame("<s> $A </s> </s> $B </s>"), frame("<s> $A </s> $B:1 </s>:1")
    compiled = n.Precompiled(charsmap)
    yield "multilingual", n.Sequence([compiled, n.Replace(Regex(" {2,}"), " ")]), p.Metaspace(), roberta
    yield "split", compiled, p.Sequence([p.WhitespaceSplit(), p.Metaspace()]), typed
    yield "composed", n.Sequence([n.Nmt(), n.NFC(), n.Lowercase(), n.StripAccents()]), p.Metaspace(prepend_scheme="first"), roberta
    yield "plain", n.Sequence([n.NFD(), n.Strip(), n.Prepend("▁"), n.Replace(" ", "▁")]), None, frame("<s> $A </s> $B </s>")
    yield "never", n.NFC(), p.Metaspace(prepend_scheme="never", split=False), processors.RobertaProcessing(("</s>", 2), ("<s>", 0))


def main():
    corpus = [json.loads(line)["text"] for line in gzip.open("ids.jsonl.gz", "rt")] + EDGES
    full = normalizers.Precompiled(train(corpus, normalization_rule_name="nmt_nfkc").normalizer_spec.precompiled_charsmap)
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as table:
        table.write(rules(corpus, full))
        table.flush()
        model = train(corpus, normalization_rule_tsv=table.name)
    vocabulary = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)] + [(p.piece, p.score) for p in model.pieces[3:]]
    out = {"edges": EDGES, "variants": []}
    for name, normalizer, words, post in variants(model.normalizer_spec.precompiled_charsmap):
        t = Tokenizer(models.Unigram(vocabulary, unk_id=3))
        if normalizer:
            t.normalizer = normalizer
        if words:
            t.pre_tokenizer = words
        t.post_processor = post
        saved = json.loads(t.to_str())
        if out["variants"]:
            saved["model"]["vocab"] = None  # that of the first
        t.encode_special_tokens = True
        texts = corpus if not out["variants"] else corpus[:200] + EDGES
        pairs = [t.encode(corpus[i], corpus[i + 1]) for i in range(0, 60, 2)]
        out["variants"].append({
            "name": name, "tokenizer": saved, "ids": [t.encode(x).ids for x in texts], "pairs": [[p.ids, p.type_ids] for p in pairs],
        })
    with open("unigram.json.gz", "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as packed:
        packed.write(json.dumps(out, separators=(",", ":"), ensure_ascii=False).encode())


main()
