"""The Japanese lexicon."""

from __future__ import annotations

from typing import NamedTuple


class Verb(NamedTuple):
    """The forms of a verb that sentences here need."""

    stem: str
    """In front of ます."""
    te: str
    plain: str
    negative: str
    """In front of なけれ ば."""


class Adjective(NamedTuple):
    """Before a noun, and at the end of a sentence: is, is not, was, was not."""

    before: str
    ends: tuple[str, str, str, str]


def _i(plain: str) -> Adjective:
    stem = plain.removesuffix("い")
    ends = (
        f"{plain} です",
        f"{stem}く ない です",
        f"{stem}かっ た です",
        f"{stem}く なかっ た です",
    )
    return Adjective(plain, ends)


def _na(stem: str, before: str = "な") -> Adjective:
    ends = (
        f"{stem} です",
        f"{stem} で は あり ませ ん",
        f"{stem} でし た",
        f"{stem} で は あり ませ ん でし た",
    )
    return Adjective(f"{stem} {before}", ends)


NOUNS = {
    "mother": "母",
    "father": "父",
    "grandmother": "祖母",
    "grandfather": "祖父",
    "older brother": "兄",
    "younger sister": "妹",
    "teacher": "先生",
    "doctor": "医者",
    "student": "学生",
    "child": "子供",
    "girl": "女の子",
    "boy": "男の子",
    "woman": "女性",
    "man": "男性",
    "apple": "りんご",
    "orange": "オレンジ",
    "egg": "卵",
    "cake": "ケーキ",
    "bread": "パン",
    "cheese": "チーズ",
    "rice": "ご飯",
    "soup": "スープ",
    "fish": "魚",
    "meat": "肉",
    "water": "水",
    "coffee": "コーヒー",
    "tea": "お茶",
    "milk": "牛乳",
    "wine": "ワイン",
    "music": "音楽",
    "book": "本",
    "letter": "手紙",
    "newspaper": "新聞",
    "poem": "詩",
    "story": "物語",
    "film": "映画",
    "song": "歌",
    "bag": "かばん",
    "box": "箱",
    "umbrella": "傘",
    "chair": "椅子",
    "key": "鍵",
    "watch": "腕時計",
    "hat": "帽子",
    "car": "車",
    "bicycle": "自転車",
    "painting": "絵",
    "lamp": "ランプ",
    "shirt": "シャツ",
    "house": "家",
    "door": "ドア",
    "window": "窓",
    "room": "部屋",
    "kitchen": "台所",
    "tree": "木",
    "bus": "バス",
    "cat": "猫",
    "dog": "犬",
    "bird": "鳥",
    "horse": "馬",
    "rabbit": "兎",
}

ADJECTIVES = {
    "red": _i("赤い"),
    "blue": _i("青い"),
    "white": _i("白い"),
    "black": _i("黒い"),
    "big": _i("大きい"),
    "small": _i("小さい"),
    "new": _i("新しい"),
    "old": _i("古い"),
    "beautiful": _i("美しい"),
    "expensive": _i("高い"),
    "heavy": _i("重い"),
    "interesting": _i("面白い"),
    "long": _i("長い"),
    "delicious": _i("美味しい"),
    "hot": _i("熱い"),
    "cold": _i("冷たい"),
    "fresh": _na("新鮮"),
    "young": _i("若い"),
    "kind": _na("親切"),
    "famous": _na("有名"),
    "tall": Adjective("背 の 高い", tuple(f"背 が {end}" for end in _i("高い").ends)),  # type: ignore[arg-type]
    "happy": _na("幸せ"),
    "ill": _na("病気", "の"),
    "busy": _i("忙しい"),
    "tired": Adjective(
        "疲れ た",
        (
            "疲れ て い ます",
            "疲れ て い ませ ん",
            "疲れ て い まし た",
            "疲れ て い ませ ん でし た",
        ),
    ),
}

VERBS = {
    "eat": Verb("食べ", "食べ て", "食べる", "食べ"),
    "drink": Verb("飲み", "飲ん で", "飲む", "飲ま"),
    "buy": Verb("買い", "買っ て", "買う", "買わ"),
    "sell": Verb("売り", "売っ て", "売る", "売ら"),
    "read": Verb("読み", "読ん で", "読む", "読ま"),
    "write": Verb("書き", "書い て", "書く", "書か"),
    "see": Verb("見", "見 て", "見る", "見"),
    "watch": Verb("見", "見 て", "見る", "見"),
    "look for": Verb("探し", "探し て", "探す", "探さ"),
    "find": Verb("見つけ", "見つけ て", "見つける", "見つけ"),
    "open": Verb("開け", "開け て", "開ける", "開け"),
    "close": Verb("閉め", "閉め て", "閉める", "閉め"),
    "wash": Verb("洗い", "洗っ て", "洗う", "洗わ"),
    "draw": Verb("描き", "描い て", "描く", "描か"),
    "make": Verb("作り", "作っ て", "作る", "作ら"),
    "carry": Verb("運び", "運ん で", "運ぶ", "運ば"),
    "lose": Verb("なくし", "なくし て", "なくす", "なくさ"),
    "help": Verb("手伝い", "手伝っ て", "手伝う", "手伝わ"),
    "wait for": Verb("待ち", "待っ て", "待つ", "待た"),
    "listen to": Verb("聞き", "聞い て", "聞く", "聞か"),
    "sing": Verb("歌い", "歌っ て", "歌う", "歌わ"),
    "clean": Verb("掃除 し", "掃除 し て", "掃除 する", "掃除 し"),
    "have": Verb("持ち", "持っ て", "持つ", "持た"),
    "sleep": Verb("寝", "寝 て", "寝る", "寝"),
    "work": Verb("働き", "働い て", "働く", "働か"),
    "run": Verb("走り", "走っ て", "走る", "走ら"),
    "swim": Verb("泳ぎ", "泳い で", "泳ぐ", "泳が"),
    "dance": Verb("踊り", "踊っ て", "踊る", "踊ら"),
    "go": Verb("行き", "行っ て", "行く", "行か"),
}

PRONOUNS = {
    "I": "私",
    "you": "あなた",
    "he": "彼",
    "she": "彼女",
    "we": "私 たち",
    "they": "彼 ら",
}
NAMES = {
    "Tom": "トム",
    "Paul": "ポール",
    "Louis": "ルイ",
    "Mary": "メアリー",
    "Anna": "アンナ",
    "Julia": "ジュリア",
}
NUMBERS = {"two": "二", "three": "三"}
COUNTERS = {
    "book": "冊",
    "letter": "通",
    "newspaper": "部",
    "car": "台",
    "bicycle": "台",
    "umbrella": "本",
    "tree": "本",
    "painting": "枚",
    "shirt": "枚",
    "cat": "匹",
    "dog": "匹",
    "rabbit": "匹",
    "bird": "羽",
    "horse": "頭",
    "house": "軒",
    "key": "本",
    "chair": "脚",
    "film": "本",
    "song": "曲",
}
TIMES = {
    "every day": "毎日",
    "every morning": "毎朝",
    "on Sundays": "日曜日 に",
    "now": "今",
    "yesterday": "昨日",
    "this morning": "今朝",
    "last week": "先週",
    "tomorrow": "明日",
    "this evening": "今晩",
    "next week": "来週",
}
PLACES = {
    "garden": "庭",
    "kitchen": "台所",
    "park": "公園",
    "school": "学校",
    "station": "駅",
    "market": "市場",
    "library": "図書館",
    "hotel": "ホテル",
    "hospital": "病院",
    "office": "事務所",
    "beach": "海岸",
    "restaurant": "レストラン",
}
