/** An invented city for development: units, schools, devices and verdicts from a seed. No real school has these names or faults. */

const COUNTIES = [
  ["450702", "钦南区", "Qinnan District", 0.18, 21.94, 108.66, 0.13],
  ["450703", "钦北区", "Qinbei District", 0.2, 22.13, 108.45, 0.2],
  ["450721", "灵山县", "Lingshan County", 0.36, 22.42, 109.29, 0.24],
  ["450722", "浦北县", "Pubei County", 0.22, 22.27, 109.56, 0.2],
  ["4507GQ", "钦州港片区", "Qinzhou Port Area", 0.04, 21.73, 108.63, 0.06],
];
const FRONT = [
  "荷",
  "锦",
  "榕",
  "桂",
  "兰",
  "松",
  "鹿",
  "鹤",
  "翠",
  "晴",
  "枫",
  "杏",
  "梅",
  "柳",
  "雁",
  "月",
  "茶",
  "葵",
];
const FRONT_EN = [
  "He",
  "Jin",
  "Rong",
  "Gui",
  "Lan",
  "Song",
  "Lu",
  "He",
  "Cui",
  "Qing",
  "Feng",
  "Xing",
  "Mei",
  "Liu",
  "Yan",
  "Yue",
  "Cha",
  "Kui",
];
const BACK = ["溪", "岭", "湾", "坪", "圩", "洲", "坡", "涧", "屏"];
const BACK_EN = ["xi", "ling", "wan", "ping", "xu", "zhou", "po", "jian", "ping"];
const WISH = [
  "星光",
  "晨曦",
  "启明",
  "育才",
  "向阳",
  "春晖",
  "博雅",
  "文昌",
  "新蕾",
  "童乐",
  "金苗",
  "彩虹",
  "蓝天",
  "希望",
  "致远",
  "明德",
];
const WISH_EN = [
  "Xingguang",
  "Chenxi",
  "Qiming",
  "Yucai",
  "Xiangyang",
  "Chunhui",
  "Boya",
  "Wenchang",
  "Xinlei",
  "Tongle",
  "Jinmiao",
  "Caihong",
  "Lantian",
  "Xiwang",
  "Zhiyuan",
  "Mingde",
];
const KINDS = [
  ["kindergarten", 0.41, "幼儿园", "Kindergarten", 145, 6],
  ["primary", 0.26, "小学", "Primary School", 590, 12],
  ["teaching_point", 0.25, "教学点", "Teaching Point", 40, 3],
  ["junior", 0.045, "初级中学", "Junior Secondary School", 1420, 20],
  ["nine_year", 0.014, "九年一贯制学校", "Nine-Year School", 1400, 22],
  ["senior", 0.013, "高级中学", "Senior Secondary School", 2960, 30],
  ["vocational", 0.005, "职业技术学校", "Vocational School", 2500, 30],
  ["special", 0.003, "特殊教育学校", "Special School", 200, 8],
];
export const INDICATORS = [
  [
    "t1_networked",
    "视频与报警联网",
    "Networked with police",
    "视频监控和一键报警均与属地公安联网且有证明的学校 / 全部学校",
    true,
    0.95,
    0.9,
  ],
  ["t2_closed", "封闭管理", "Closed management", "封闭管理检查项全部满足的学校 / 全部学校", true, 0.992, 0.94],
  ["t3_urban_guard", "城区专职保安", "Urban full-time guards", "有专职保安的城区中小学 / 城区中小学", true, 0.99, 0.96],
  [
    "t3_urban_guard_quota",
    "城区保安足额",
    "Urban guard quota",
    "专职保安在册数不低于编制的城区中小学 / 城区中小学",
    false,
    0.91,
    0.85,
  ],
  ["t4_guard", "专职保安派驻", "Guards stationed", "派驻专职保安的中小学 / 全部中小学", true, 0.957, 0.91],
  ["t4_guard_quota", "保安足额派驻", "Guard quota", "专职保安在册数不低于编制的中小学 / 全部中小学", false, 0.86, 0.8],
  ["t5_barrier", "校门防冲撞", "Gate anti-ram", "校门设防冲撞设施的中小学 / 全部中小学", true, 0.93, 0.88],
  ["n4_escort", "护学岗", "Escort posts", "设护学岗的学校 / 全部学校", false, 0.94, 0.9],
];

export function random(seed) {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function makeCity(sites, seed = 7) {
  const rnd = random(seed);
  const pick = (list) => list[Math.floor(rnd() * list.length)];
  const units = [{ id: "450700", kind: "city", parent: null, name: "钦州市", name_en: "Qinzhou" }];
  const stations = [
    { id: "PS-450700", kind: "bureau", parent: null, name: "钦州市公安局", name_en: "Qinzhou Public Security Bureau" },
  ];
  const schools = [];
  const taken = new Set();
  const pairs = FRONT.flatMap((f, i) => BACK.map((b, j) => [f + b, FRONT_EN[i] + BACK_EN[j]])).sort(() => rnd() - 0.5);
  for (const [id, name, name_en, share, lat, lon, radius] of COUNTIES) {
    units.push({ id, kind: "county", parent: "450700", name, name_en });
    stations.push({
      id: `PS-${id}`,
      kind: "sub_bureau",
      parent: "PS-450700",
      name: `${name.replace(/[区县]$|片区$/, "")}分局`,
      name_en: `${name_en} Sub-bureau`,
    });
    const want = Math.max(4, Math.round(sites * share));
    const towns = Math.max(2, Math.min(18, Math.round(want / 14)));
    for (let n = 0; n < towns; n += 1) {
      const [town, town_en] = pairs.pop();
      const urban = n < towns * 0.25;
      const unit = `${id}-${String(n + 1).padStart(2, "0")}`;
      units.push({
        id: unit,
        kind: "township",
        parent: id,
        name: town + (urban ? "街道" : "镇"),
        name_en: `${town_en} ${urban ? "Subdistrict" : "Town"}`,
      });
      stations.push({
        id: `PS-${unit}`,
        kind: "station",
        parent: `PS-${id}`,
        name: `${town}派出所`,
        name_en: `${town_en} Police Station`,
      });
      const r = radius * Math.sqrt((n + 0.5) / towns);
      const townLat = lat + r * Math.sin(n * 2.4);
      const townLon = lon + r * Math.cos(n * 2.4);
      const here = Math.round((want * (n + 1)) / towns) - Math.round((want * n) / towns);
      for (let s = 0; s < here; s += 1) {
        let x = rnd();
        const kind = KINDS.find(([, part]) => (x -= part) < 0) ?? KINDS[0];
        let label;
        let label_en;
        for (let tries = 0; ; tries += 1) {
          const w = Math.floor(rnd() * WISH.length);
          const num = tries > 2 ? `第${"一二三四五六七八九"[Math.floor(rnd() * 9)]}` : "";
          label = `${town}${urban ? "" : "镇"}${tries % 2 ? "" : WISH[w]}${num}${kind[2]}`;
          label_en = `${town_en} ${tries % 2 ? "" : WISH_EN[w] + " "}${num ? `No.${tries} ` : ""}${kind[3]}`;
          if (!taken.has(label)) break;
          if (tries > 12) {
            label += `（${s + 1}）`;
            break;
          }
        }
        taken.add(label);
        const ix = schools.length;
        schools.push({
          id: `21450${String(10000 + ix)}`,
          name: label,
          name_en: label_en,
          kind: kind[0],
          area: urban ? "urban" : rnd() < 0.4 ? "town" : "rural",
          unit,
          station: `PS-${unit}`,
          lat: townLat + (rnd() - 0.5) * 0.05,
          lon: townLon + (rnd() - 0.5) * 0.05,
          gateway: `gw-${id.toLowerCase()}-${ix}`,
          pupils: Math.round(kind[4] * (0.5 + rnd())),
          boarders: kind[4] > 1000 ? Math.round(kind[4] * 0.5) : 0,
          cameras: kind[5],
          down: rnd() < 0.012,
          address: `${town}${pick(["学府路", "文明路", "中兴街", "新华路"])}${1 + Math.floor(rnd() * 190)}号`,
          phone: `0777-0${String(Math.floor(rnd() * 1e6)).padStart(6, "0")}`,
        });
      }
    }
  }
  const compulsory = (s) => s.kind !== "kindergarten";
  for (const school of schools) {
    school.ledger = INDICATORS.map(([id, , , , , p]) => {
      const asked = id.startsWith("t3")
        ? school.area === "urban" && compulsory(school)
        : id.startsWith("t4") || id.startsWith("t5")
          ? compulsory(school)
          : true;
      if (!asked) return "-";
      const x = rnd();
      return x < p ? "m" : x < p + (1 - p) * 0.75 ? "n" : x < p + (1 - p) * 0.9 ? "u" : "e";
    });
    school.live = INDICATORS.map(([, , , , , p, q], i) => {
      const was = school.ledger[i];
      if (was === "-" || was === "e") return was;
      if (school.down) return "u";
      if (was === "n") return "n";
      const x = rnd();
      return x < q / p ? "m" : x < q / p + (1 - q / p) * 0.5 ? "u" : "n";
    });
    school.proof = INDICATORS.map(() => Date.now() - Math.floor(rnd() ** 4 * 20 * 86400_000) - 30_000);
  }
  return { units, stations, schools, rnd, pick };
}
