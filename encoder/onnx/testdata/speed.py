"""Encodes the functions of BenchmarkRealUnits with Python's onnxruntime, to compare: functions per second of wall time, and
milliseconds of processor time for each, one in a run and in batches of 16.

    pip install tokenizers onnxruntime numpy
    python speed.py MODEL.onnx TOKENIZER.json THREADS
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

ROUNDS = 8


def texts():
    body = "if err := copyFile(source, target); err != nil { return err }\n" * 8
    return ["func f() " + body[i:480] for i in range(32)]


def main(model, tokenizer, threads):
    t = Tokenizer.from_file(tokenizer)
    t.enable_truncation(256)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(model, options)

    def encode(batch):
        t.no_padding()
        if len(batch) > 1:
            t.enable_padding()
        rows = t.encode_batch(batch)
        ids, mask = (np.array([getattr(r, name) for r in rows], dtype=np.int64) for name in ("ids", "attention_mask"))
        states = session.run(["last_hidden_state"], {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)})[0]
        v = (states * mask[:, :, None]).sum(axis=1)
        return v / np.linalg.norm(v, axis=1, keepdims=True)

    for size in (1, 16):
        work = texts() * ROUNDS
        batches = [work[i : i + size] for i in range(0, len(work), size)]
        with ThreadPoolExecutor(int(threads)) as pool:
            list(pool.map(encode, batches[:2]))
            begin, cpu = time.perf_counter(), time.process_time()
            list(pool.map(encode, batches))
            wall, used = time.perf_counter() - begin, time.process_time() - cpu
        print(f"batch {size}: {len(work) / wall:.0f} functions/s, {1000 * used / len(work):.2f} ms of processor each")


main(*sys.argv[1:])
