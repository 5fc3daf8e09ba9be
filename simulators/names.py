"""Generic parts of place and school names, so that every school looks real and none is.

Towns and schools are shown with faults and unmet targets; a real name would slander a real school. Counties and the
police structure keep their public names, because coverage is reported by them.
"""

import random
from collections.abc import Iterator
from itertools import product

_FRONT = (
    ("荷", "He"), ("锦", "Jin"), ("榕", "Rong"), ("桂", "Gui"), ("兰", "Lan"), ("松", "Song"), ("鹿", "Lu"),
    ("鹤", "He"), ("翠", "Cui"), ("晴", "Qing"), ("枫", "Feng"), ("杏", "Xing"), ("梅", "Mei"), ("柳", "Liu"),
    ("雁", "Yan"), ("月", "Yue"), ("茶", "Cha"), ("葵", "Kui"), ("橘", "Ju"), ("棠", "Tang"),
)  # fmt: skip
_BACK = (
    ("溪", "xi"), ("岭", "ling"), ("湾", "wan"), ("坪", "ping"), ("圩", "xu"), ("洲", "zhou"), ("坡", "po"),
    ("涧", "jian"), ("屏", "ping"), ("屿", "yu"),
)  # fmt: skip
_VILLAGE = (
    ("上塘", "Shangtang"), ("下塘", "Xiatang"), ("新屋", "Xinwu"), ("旧圩", "Jiuxu"), ("石桥", "Shiqiao"),
    ("竹园", "Zhuyuan"), ("沙田", "Shatian"), ("东坡", "Dongpo"), ("西坡", "Xipo"), ("南塘", "Nantang"),
    ("北塘", "Beitang"), ("大榕", "Darong"), ("横岭", "Hengling"), ("高屋", "Gaowu"), ("江口", "Jiangkou"),
    ("水车", "Shuiche"), ("塘尾", "Tangwei"), ("新村", "Xincun"), ("老街", "Laojie"), ("牛角", "Niujiao"),
    ("茶亭", "Chating"), ("白沙", "Baisha"), ("红泥", "Hongni"), ("双井", "Shuangjing"), ("长坡", "Changpo"),
    ("平塘", "Pingtang"), ("山背", "Shanbei"), ("田心", "Tianxin"), ("禾仓", "Hecang"), ("龙眼", "Longyan"),
)  # fmt: skip
_WISH = (
    ("星光", "Xingguang"), ("晨曦", "Chenxi"), ("启明", "Qiming"), ("育才", "Yucai"), ("向阳", "Xiangyang"),
    ("春晖", "Chunhui"), ("博雅", "Boya"), ("文昌", "Wenchang"), ("新蕾", "Xinlei"), ("童乐", "Tongle"),
    ("小荷", "Xiaohe"), ("金苗", "Jinmiao"), ("彩虹", "Caihong"), ("蓝天", "Lantian"), ("阳光", "Yangguang"),
    ("希望", "Xiwang"), ("致远", "Zhiyuan"), ("明德", "Mingde"), ("崇文", "Chongwen"), ("树人", "Shuren"),
)  # fmt: skip
_ROADS = ("学府路", "文明路", "育贤路", "中兴街", "解放街", "新华路", "和平路", "人民路", "书香巷", "东环路")

Name = tuple[str, str]  # Chinese, then English or pinyin.


def town_names(rng: random.Random) -> Iterator[Name]:
    """Give distinct town names in a seeded order, about two hundred of them."""
    pairs = [(front[0] + back[0], front[1] + back[1]) for front, back in product(_FRONT, _BACK)]
    rng.shuffle(pairs)
    yield from pairs


def village(rng: random.Random) -> Name:
    """Draw the name of a village."""
    return rng.choice(_VILLAGE)


def wish(rng: random.Random) -> Name:
    """Draw one of the auspicious words that schools are named with."""
    return rng.choice(_WISH)


def address(rng: random.Random, town: str) -> str:
    """Draw a postal address within a town."""
    return f"{town}{rng.choice(_ROADS)}{rng.randrange(1, 200)}号"


def phone(rng: random.Random) -> str:
    """Draw a telephone number that nobody has: no local number begins with 0."""
    return f"0777-0{rng.randrange(1_000_000):06d}"
