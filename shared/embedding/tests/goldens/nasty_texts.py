"""500 texts that tokenizers stumble over: hand-picked ones, then seeded mixtures of their kinds."""

import random
import unicodedata

PLAIN = ["a photo of a cat", "two dogs playing in the snow", "mushroom on tree bark", "The QUICK brown Fox", "it's we'll I'd they've"]
BLANKS = ["", " ", "\t\n\r\n", "\u00a0\u2003\u3000", "a  b\tc\nd\r\ne\u2028f\u2029g\u0085h", "  edges  "]
EMOJI = ["🍄🌲", "👩‍👩‍👧‍👦 family", "👍🏽👍🏿", "flag 🇩🇪🇯🇵", "❤️ vs ❤", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣2️⃣", "🧑🏻‍🚀in space", "☺︎☺️"]
SCRIPTS = [
    "日本語の写真", "中文照片", "사진 한 장", "ภาพถ่ายแมว", "صورة قطة", "תמונה של חתול", "фотография КОШКИ", "φωτογραφία ΓΆΤΑΣ ΟΔΟΣ",
    "बिल्ली की तस्वीर", "ბეჭდვა", "ảnh con mèo", "ꦱꦶꦗꦶ", "𝓯𝓪𝓷𝓬𝔂 𝔱𝔢𝔵𝔱", "𠮷野家", "ｶﾀｶﾅ ﾊﾟﾝﾀﾞ", "ＦＵＬＬ　ｗｉｄｔｈ１２３！", "ᏣᎳᎩ", "Ⅷ ⅳ ① ½ ² ³ ℃ №",
]
QUOTES = ["“curly” ‘single’ it’s", "«guillemets» ‹x›", "„tief“ ‚x‘", "`tick` ´acute´", "5′ 6″", "-–—―−", "wait… what", "don’t stop"]
LIGATURES = ["ﬁ ﬂ ﬀ ﬃ ﬄ ﬅ ﬆ", "Œuvre Æsop ĳs Ǆ ǆ ŉ", "ß straße ẞ", "İstanbul ısı I i", "ſlow", "µ μ Ω Ω Å Å K"]
ENTITIES = [
    "&amp; &lt;b&gt; &quot;x&quot; &apos;", "&amp;amp; &amp;lt;", "&amp;amp;amp;amp;", "&#39;s &#x27;S &#X1F600; &#128512", "&eacute;&EACUTE;&Eacute;",
    "&nbsp;x&nbsp;", "AT&T R&D &copy 2020 &copyright", "&notit; &notin; &not", "&#0; &#1; &#128; &#150; &#x110000; &#xD800; &#65535;", "&;&#;&#x;&",
    "<b>bold &amp; &lt;i&gt;</b>", "<p>one</p>\n&eacute;", "&CounterClockwiseContourIntegral; &fjlig; &NotEqualTilde;", "&hellip;&mdash;&rsquo;", "&#9;tab&#10;line",
]
CONTROLS = ["nul\0byte", "bell\a esc\x1b[31mred\x1b[0m", "zero\u200bwidth\u200djoin", "\ufeffbom", "rtl\u202eolleh\u202c", "soft\u00adhyphen",
            "private \ue000 \U000f0000", "non\ufffecharacter\uffff", "del\x7f", "\x1c\x1d\x1e\x1f", "c1 \x85\x91\x92\x9d", "�replacement", "tag\U000e0041"]
MOJIBAKE = ["â€™", "itâ€™s broken", "cafÃ©", "schÃ¶n", "â€œquotedâ€\x9d", "Ð¿Ñ\x80Ð¸Ð²ÐµÑ\x82", "ðŸ˜€", "l’humanitÃ©", "Ã\xa0 la carte", "voilÃ le travail",
            "ÃƒÂ©tÃƒÂ©", "æ—¥æœ¬", "¯\\_(ã\x83\x84)_/¯", "Â£10 Â° Â©", "doesnÃ¢â‚¬â„¢t", "РїСЂРёРІРµС‚", "IL Y MARQUÉ…", "ÅŸÄ±k", "Itâ��s", "naÃ¯ve ä¸\xad"]
# Not among them: "<start_of_text>" and "<end_of_text>", which open_clip lets a text smuggle in as its own tokens, and Foray does not.
SPECIAL = ["<|endoftext|>", "a <|startoftext|> b <|endoftext|> c", "<|ENDOFTEXT|>", "<|startoftext|>x<|endoftext|>!", "<s> </s> <pad> <unk> <mask>", "<eos><bos>", "[CLS] [SEP]", "▁▁x ▁", "eng_Latn", "</w> a</w>"]
CODE = ["https://example.com/x?y=z&w=%20#frag", "a@b.co.uk", "for (int i = 0; i < n; ++i) { a[i] <<= 2; }", "SELECT * FROM t WHERE x != 'y'; --", "C:\\temp\\new.txt",
        "snake_case __init__ camelCase", "$5 & €10 100% #tag @me", "3.14159 1,000,000 1e-9 0xFF", "C++ and C#", "...!!!??? ?!?", "IMG_1234.JPG", "(*^_^*) :-) ¯\\_(ツ)_/¯", "^$.*+?{}[]|()~`"]
COMBINING = ["e\u0301 composed", "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘", "n\u0303 a\u030a\u0301", "\u0301lone", "각 각", "ｶﾞ ガ ガ", "שָׁלוֹם", "אֱלֹהִים"]
LONG = ["word " * 200, "photo of a mushroom growing on old tree bark in autumn light " * 20, "x" * 400, "日本" * 150, "🍄" * 150, "it's " * 100, "1234567890" * 20, "é" * 200, "a, " * 100]
KINDS = [PLAIN, BLANKS, EMOJI, SCRIPTS, QUOTES, LIGATURES, ENTITIES, CONTROLS, MOJIBAKE, SPECIAL, CODE, COMBINING]
COUNT = 500


def random_characters(draw):
    """Characters from all over the Basic Multilingual Plane and the next, each assigned and none a surrogate."""
    points = (draw.choice([0x250, 0x3000, 0x10000, 0x20000]) for _ in range(draw.randint(1, 30)))
    characters = (chr(draw.randrange(limit)) for limit in points)
    return "".join(c for c in characters if unicodedata.category(c) not in ("Cs", "Cn"))


def mixture(draw):
    parts = [draw.choice(draw.choice(KINDS)) for _ in range(draw.randint(2, 5))]
    return draw.choice([" ", "", "\n", ", "]).join(parts)


def texts():
    draw = random.Random(500)
    chosen = [text for kind in KINDS for text in kind] + LONG
    chosen += [random_characters(draw) for _ in range(100)]
    return chosen + [mixture(draw) for _ in range(COUNT - len(chosen))]
