// The map's style: colours from the tokens (so that it follows light and dark), hatches and pills drawn here, no tiles, no glyph server.
import font from "../generated/vazirmatn.woff2?url";

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// How a plot's status is filled: a token, and a hatch of another token over it where colour alone would not do.
export const FILLS = {
  energised: ["--map-live"], live: ["--map-live"],
  m3: ["--map-m3"], m6: ["--map-m6"], m12: ["--map-m12"], later: ["--map-later"],
  active: ["--copper-soft", "--copper-mark"],
  unauthorised: ["--late-soft", "--late-mark"],
  built: ["--map-m12"],
  planned: ["--map-none", "--line-strong"], none: ["--map-none", "--line-strong"],
  held: ["--risk-soft", "--risk-mark"],
  outside: ["--map-none"],
};
export const fillOf = (status) => FILLS[status] ?? FILLS.none;

/** A square of hatch in device pixels, as MapLibre takes images. */
function hatch(ground, ink, size = 16) {
  const canvas = new OffscreenCanvas(size, size);
  const pen = canvas.getContext("2d");
  pen.fillStyle = ground;
  pen.fillRect(0, 0, size, size);
  pen.strokeStyle = ink;
  pen.lineWidth = size / 8;
  for (const shift of [-size, 0, size]) {
    pen.beginPath();
    pen.moveTo(shift - 2, size + 2);
    pen.lineTo(shift + size + 2, -2);
    pen.stroke();
  }
  return pen.getImageData(0, 0, size, size);
}

/** A rounded plate that stretches under a label, or a disc for a number. */
function plate(fill, line, round) {
  const size = 40;
  const canvas = new OffscreenCanvas(size, size);
  const pen = canvas.getContext("2d");
  pen.fillStyle = fill;
  pen.strokeStyle = line;
  pen.lineWidth = 2;
  pen.beginPath();
  pen.roundRect(2, 2, size - 4, size - 4, round);
  pen.fill();
  pen.stroke();
  return pen.getImageData(0, 0, size, size);
}

export function addImages(map) {
  const put = (name, image, options) => (map.hasImage(name) ? map.updateImage(name, image) : map.addImage(name, image, options));
  for (const [status, [ground, ink]] of Object.entries(FILLS)) {
    if (ink) put(`hatch-${status}`, hatch(token(ground), token(ink)), { pixelRatio: 2 });
  }
  const stretch = { pixelRatio: 2, stretchX: [[18, 22]], stretchY: [[18, 22]], content: [12, 6, 28, 34] };
  put("pill", plate(token("--surface"), token("--map-edge"), 18), stretch);
  put("tag", plate(token("--ink"), token("--surface"), 18), stretch);
}

const match = (property, table, otherwise) => ["match", ["to-string", ["get", property]], ...Object.entries(table).flat(), otherwise];

export function style() {
  const solid = Object.fromEntries(Object.entries(FILLS).map(([status, [ground]]) => [status, token(ground)]));
  const hatched = Object.keys(FILLS).filter((status) => FILLS[status][1]);
  const text = (layout = {}) => ({ "text-font": ["Vazirmatn"], "text-field": ["get", "label"], "text-size": 12, ...layout });
  const area = match("area", { 1: token("--tr-1"), 2: token("--tr-2"), 3: token("--tr-3"), 4: token("--tr-4") }, token("--cable-lv"));
  const line = (id, filter, color, width, more = {}) => ({
    id, type: "line", source: "cable", filter,
    layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": color, "line-width": width, ...more },
  });
  const width = (near, far) => ["interpolate", ["exponential", 1.4], ["zoom"], 13, near, 18, far];
  return {
    version: 8,
    "font-faces": { Vazirmatn: [{ url: new URL(font, location.href).href }] },
    sources: {},
    layers: [
      { id: "ground", type: "background", paint: { "background-color": token("--map-ground") } },
      { id: "boundary", type: "fill", source: "boundary", paint: { "fill-color": token("--map-street"), "fill-outline-color": token("--map-edge") } },
      { id: "green", type: "fill", source: "green", paint: { "fill-color": token("--map-green") } },
      { id: "street-casing", type: "line", source: "street", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": token("--map-edge"), "line-width": width(3, 26) } },
      { id: "street", type: "line", source: "street", layout: { "line-cap": "round", "line-join": "round" }, paint: { "line-color": token("--map-street"), "line-width": width(2, 23) } },
      { id: "block", type: "fill", source: "block", filter: ["==", ["geometry-type"], "Polygon"], paint: { "fill-color": token("--map-block") } },
      { id: "plot", type: "fill", source: "plot", paint: { "fill-color": match("status", solid, token("--map-none")) } },
      { id: "plot-hatch", type: "fill", source: "plot", filter: ["in", ["get", "status"], ["literal", hatched]], paint: { "fill-pattern": ["concat", "hatch-", ["get", "status"]] } },
      { id: "plot-edge", type: "line", source: "plot", paint: { "line-color": token("--map-edge"), "line-width": width(0.2, 1.5) } },
      { id: "plot-chosen", type: "line", source: "plot", filter: ["==", ["get", "id"], ""], paint: { "line-color": token("--copper-mark"), "line-width": 3.5 } },
      line("service", ["==", ["get", "level"], "service"], token("--cable-service"), width(0.3, 1.6)),
      line("lv", ["==", ["get", "level"], "lv"], area, width(0.8, 3.4), { "line-dasharray": ["match", ["to-string", ["get", "area"]], "2", ["literal", [4, 1.5]], "3", ["literal", [1.5, 1.3]], "4", ["literal", [4, 1.3, 1, 1.3]], ["literal", [1, 0]]] }),
      line("mv-casing", ["==", ["get", "level"], "mv"], token("--surface"), width(4, 10)),
      line("mv", ["==", ["get", "level"], "mv"], token("--cable-mv"), width(2.2, 5.5)),
      { id: "street-name", type: "symbol", source: "street", minzoom: 15, layout: text({ "symbol-placement": "line", "text-size": 12 }), paint: { "text-color": token("--ink-2"), "text-halo-color": token("--map-street"), "text-halo-width": 2 } },
      { id: "plot-name", type: "symbol", source: "plot", minzoom: 17.4, layout: text({ "text-max-width": 4 }), paint: { "text-color": ["match", ["get", "status"], ["energised", "live"], token("--surface"), token("--ink")], "text-halo-color": ["match", ["get", "status"], ["energised", "live"], token("--map-live"), token("--surface")], "text-halo-width": 1.2 } },
      { id: "block-name", type: "symbol", source: "block", maxzoom: 17.8, layout: text({ "icon-image": "pill", "icon-text-fit": "both", "icon-text-fit-padding": [1, 7, 1, 7], "text-size": 12.5 }), paint: { "text-color": token("--ink") } },
      { id: "transformer-group", type: "symbol", source: "transformer", filter: ["has", "point_count"], layout: { "icon-image": "tag", "icon-text-fit": "both", "icon-allow-overlap": true, "text-allow-overlap": true, "text-font": ["Vazirmatn"], "text-field": ["get", "total"], "text-size": 13 }, paint: { "text-color": token("--surface") } },
      { id: "transformer", type: "circle", source: "transformer", filter: ["!", ["has", "point_count"]], paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 13, 4, 18, 10], "circle-color": area, "circle-stroke-width": 2.5, "circle-stroke-color": token("--surface") } },
      { id: "transformer-name", type: "symbol", source: "transformer", filter: ["!", ["has", "point_count"]], minzoom: 14.5, layout: text({ "text-offset": [0, 1.3], "text-anchor": "top", "text-optional": true }), paint: { "text-color": token("--ink"), "text-halo-color": token("--map-street"), "text-halo-width": 2 } },
      { id: "supply", type: "circle", source: "supply", paint: { "circle-radius": 9, "circle-color": token("--copper-mark"), "circle-stroke-width": 3, "circle-stroke-color": token("--surface") } },
      { id: "supply-name", type: "symbol", source: "supply", layout: text({ "text-offset": [0, 1.3], "text-anchor": "top" }), paint: { "text-color": token("--ink"), "text-halo-color": token("--map-street"), "text-halo-width": 2 } },
      { id: "problem", type: "symbol", source: "problem", layout: text({ "icon-image": "tag", "icon-text-fit": "both", "icon-allow-overlap": true, "text-allow-overlap": true, "text-field": ["get", "label"], "text-size": 13 }), paint: { "text-color": token("--surface") } },
    ],
  };
}

export const SOURCES = ["boundary", "green", "street", "block", "plot", "cable", "transformer", "supply", "problem"];
