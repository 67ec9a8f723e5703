// What stands around a map: its key with counts, the same facts as a list for the keyboard, and a scale bar.
import { persianDigits } from "./calendars.js";
import { fillOf } from "./map-style.js";

const make = (tag, className, text) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};

const NAMES = {
  energised: ["برق‌دار", "Energised"], live: ["برق‌دار", "Energised"], active: ["فعال، بی برق پایدار", "Active, no regular supply"],
  built: ["ساخته‌شده، بی‌برق", "Built, no supply"], planned: ["ساخته‌نشده", "Planned"], unauthorised: ["انشعاب غیرمجاز", "Unauthorised connection"],
  none: ["بی‌تاریخ", "No date"], outside: ["بیرون از طرح", "Not in scope"], later: ["پس از آن", "Later"], held: ["در انتظار", "Held"],
  m3: ["تا ۳ ماه", "Within 3 months"], m6: ["تا ۶ ماه", "Within 6 months"], m12: ["تا ۱۲ ماه", "Within 12 months"],
};

const shown = (value, fa) => {
  const text = Number(value).toLocaleString("en");
  return fa ? persianDigits(text).replaceAll(",", "٬") : text;
};

export function legend(file, fa) {
  const plots = file.features.filter((feature) => feature.properties.kind === "plot");
  let rows = file.legend;
  if (!rows && plots.length) {
    const tally = {};
    for (const plot of plots) tally[plot.properties.status] = (tally[plot.properties.status] ?? 0) + 1;
    rows = Object.entries(tally).map(([status, count]) => ({ status, count, label: NAMES[status]?.[fa ? 0 : 1] ?? status }));
  }
  if (!rows?.length) return null;
  const list = make("ul", "map-key");
  for (const row of rows) {
    const item = make("li");
    const [, ink] = fillOf(row.status);
    item.append(make("i", `sw fill-${row.status}${ink ? " hatched" : ""}`), make("span", "", row.label));
    if (row.count !== undefined) item.append(make("b", "", shown(row.count, fa)));
    list.append(item);
  }
  return list;
}

const NETWORK = [
  ["mv", "کابل ۲۰ کیلوولت", "20 kV cable"], ["lv", "کابل فشار ضعیف", "LV cable"], ["service", "کابل سرویس", "Service cable"],
  ["transformer", "پست توزیع", "Distribution substation"], ["supply", "نقطه تغذیه", "Supply point"],
];

/** What the lines and points of a drawn network are; none without cables. */
export function networkKey(file, fa) {
  const there = new Set(file.features.map(({ properties }) => properties.level ?? properties.kind));
  if (!file.features.some(({ properties }) => properties.kind === "cable")) return null;
  const list = make("ul", "map-key");
  for (const [name, persian, english] of NETWORK.filter(([name]) => there.has(name))) {
    const item = make("li");
    item.append(make("i", `net net-${name}`), make("span", "", fa ? persian : english));
    list.append(item);
  }
  return list;
}

/** The plots by block, as links in closed lists: the map for the keyboard. */
export function listing(file, fa) {
  const plots = file.features.filter((feature) => feature.properties.kind === "plot" && feature.properties.url);
  if (!plots.length) return null;
  const whole = make("details", "alt");
  whole.append(make("summary", "", fa ? `همین نقشه به صورت فهرست: ${shown(plots.length, fa)} قطعه` : `The same as a list: ${shown(plots.length, fa)} plots`));
  whole.addEventListener("toggle", () => fill(whole, plots, fa), { once: true });
  return whole;
}

function fill(whole, plots, fa) {
  const groups = new Map();
  for (const plot of plots) {
    const name = plot.properties.block ?? "";
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(plot);
  }
  for (const [name, own] of groups) {
    const group = make("details");
    group.append(make("summary", "", `${name || (fa ? "بی‌بلوک" : "No block")} · ${shown(own.length, fa)}`));
    group.addEventListener("toggle", () => {
      const list = make("ul", "plots");
      for (const { properties } of own) {
        const link = make("a", "", [properties.label, properties.word ?? NAMES[properties.status]?.[fa ? 0 : 1]].filter(Boolean).join(fa ? "، " : ", "));
        link.href = properties.url;
        const item = make("li");
        item.append(link);
        list.append(item);
      }
      group.append(list);
    }, { once: true });
    whole.append(group);
  }
}

export function scale(map, fa) {
  const bar = make("p", "scale");
  bar.dir = fa ? "rtl" : "ltr";
  const draw = () => {
    const metres = (156_543.034 / 2) * Math.cos((map.getCenter().lat * Math.PI) / 180) / 2 ** map.getZoom();
    const reach = metres * 110;
    const power = 10 ** Math.floor(Math.log10(reach));
    const length = [5, 2, 1].find((step) => step * power <= reach) * power;
    bar.style.setProperty("inline-size", `${Math.round(length / metres)}px`);
    bar.textContent = length >= 1000 ? `${shown(length / 1000, fa)} ${fa ? "کیلومتر" : "km"}` : `${shown(length, fa)} ${fa ? "متر" : "m"}`;
  };
  map.on("move", draw);
  map.on("load", draw);
  return bar;
}
