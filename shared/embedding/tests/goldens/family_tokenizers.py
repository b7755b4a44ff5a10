"""Tokenizers of the families' structure, and open_clip's own as the reference: CLIP's byte-pair encoding (the published
vocabulary, and a short one for the small models), SigLIP 2's (Gemma's: bytes where a word is unknown), XLM-RoBERTa's and
NLLB's (SentencePiece with its normaliser; the latter begins a text with its language)."""

import gzip
import io
import json
from pathlib import Path

import sentencepiece
from open_clip.tokenizer import HFTokenizer, SimpleTokenizer, bytes_to_unicode, default_bpe
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import GemmaTokenizer, NllbTokenizer, XLMRobertaTokenizer

CLIP_PATTERN = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
CLIP_MERGES = 49152 - 256 - 2


def clip_merges(count):
    return gzip.open(default_bpe()).read().decode().split("\n")[1 : count + 1]


def clip_json(count):
    """`tokenizer.json` as it is published for OpenAI's models, with the first `count` merges."""
    merges = clip_merges(count)
    letters = list(bytes_to_unicode().values())
    words = letters + [letter + "</w>" for letter in letters] + [merge.replace(" ", "") for merge in merges]
    start, end = len(words), len(words) + 1
    vocabulary = {word: place for place, word in enumerate(words + ["<|startoftext|>", "<|endoftext|>"])}
    token = {"single_word": False, "lstrip": False, "rstrip": False, "special": True}
    split = {"type": "Split", "pattern": {"Regex": CLIP_PATTERN}, "behavior": "Removed", "invert": True}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [
            {"id": start, "content": "<|startoftext|>", "normalized": True, **token},
            {"id": end, "content": "<|endoftext|>", "normalized": False, **token},
        ],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "NFC"}, {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": " "}, {"type": "Lowercase"},
        ]},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [split, byte_level]},
        "post_processor": {"type": "RobertaProcessing", "sep": ["<|endoftext|>", end], "cls": ["<|startoftext|>", start],
                           "trim_offsets": False, "add_prefix_space": False},
        "decoder": byte_level,
        "model": {"type": "BPE", "dropout": None, "unk_token": "<|endoftext|>", "continuing_subword_prefix": "",
                  "end_of_word_suffix": "</w>", "fuse_unk": False, "vocab": vocabulary, "merges": merges},
    }


def clip_small(folder, merges, work):
    """CLIP's tokenizer with few merges in `folder`; gives the reference."""
    write_json(folder / "tokenizer.json", clip_json(merges))
    write_json(folder / "tokenizer_config.json", {"pad_token": "<|endoftext|>", "tokenizer_class": "CLIPTokenizer"})
    vocabulary = work / f"{merges}.txt.gz"
    vocabulary.write_bytes(gzip.compress("\n".join(["", *clip_merges(merges)]).encode()))
    return SimpleTokenizer(bpe_path=str(vocabulary))


def siglip2(folder, corpus):
    """Gemma's tokenizer; SigLIP 2 adds the end token, and fills up on the right."""
    trained = Tokenizer(models.BPE())
    trained.normalizer = normalizers.Replace(" ", "▁")
    trained.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    trained.train_from_iterator(corpus, trainers.BpeTrainer(vocab_size=700, show_progress=False, limit_alphabet=200))
    model = json.loads(trained.to_str())["model"]
    words = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", *(f"<0x{byte:02X}>" for byte in range(256))]
    words += sorted(model["vocab"], key=model["vocab"].get)
    vocabulary = {word: place for place, word in enumerate(dict.fromkeys(words))}
    tokenizer = GemmaTokenizer(vocab=vocabulary, merges=[tuple(merge) for merge in model["merges"]], padding_side="right")
    ends = [("<eos>", vocabulary["<eos>"])]
    tokenizer._tokenizer.post_processor = processors.TemplateProcessing(single="$A <eos>", pair="$A $B <eos>", special_tokens=ends)
    tokenizer.save_pretrained(folder)
    # Under Gemma's own name the class would put its end token back to none.
    config = json.loads((folder / "tokenizer_config.json").read_text())
    write_json(folder / "tokenizer_config.json", {**config, "tokenizer_class": "PreTrainedTokenizerFast"})
    return HFTokenizer(str(folder), context_length=64, clean="canonicalize")


def sentence_pieces(corpus, kind):
    """Pieces with their scores, and the compiled normaliser, of SentencePiece trained on `corpus`."""
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(corpus), model_writer=written, vocab_size=1200, model_type=kind, character_coverage=0.98,
        hard_vocab_limit=False, num_threads=1, minloglevel=2,
    )
    model = sentencepiece_model_pb2.ModelProto.FromString(written.getvalue())
    return [(piece.piece, piece.score) for piece in model.pieces[3:]], model.normalizer_spec.precompiled_charsmap


def xlm_roberta(folder, corpus):
    pieces, normalizer = sentence_pieces(corpus, "unigram")
    vocabulary = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *pieces, ("<mask>", 0.0)]
    XLMRobertaTokenizer(vocab=vocabulary, _spm_precompiled_charsmap=normalizer).save_pretrained(folder)
    return HFTokenizer(str(folder), context_length=77)


def nllb(folder, corpus):
    pieces, normalizer = sentence_pieces(corpus, "bpe")
    words = ["<s>", "<pad>", "</s>", "<unk>", *(piece for piece, _ in pieces)]
    vocabulary = {word: place for place, word in enumerate(words)}
    known = [(left, word[len(left):]) for word in words[4:] for left in [word[:cut] for cut in range(1, len(word))]
             if left in vocabulary and word[len(left):] in vocabulary]
    merges = sorted(known, key=lambda merge: vocabulary["".join(merge)])
    languages = ["eng_Latn", "deu_Latn", "zho_Hans"]
    NllbTokenizer(vocab=vocabulary, merges=merges, _spm_precompiled_charsmap=normalizer, extra_special_tokens=languages).save_pretrained(folder)
    return HFTokenizer(str(folder), context_length=77)


def write_json(path: Path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")
