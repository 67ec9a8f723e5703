// A map of an estate from one GeoJSON file. What it shows stands beside it as a list too: the map adds the place.
//
//   <div class="map" data-map data-src="…/map.json" [data-focus="plot id"] [data-pick="id_longitude id_latitude"]></div>
//
// Features carry `kind` (plot, block, street, boundary, green, cable, transformer, supply, problem), `label`, and perhaps `id`,
// `url`, `status` (of a plot), `level` (of a cable: mv, lv, service), `area` (1 to 4), `word` (what the status is called).
// Beside `features` the file may give `legend` ([{status, label, count}]) and `attribution`.
import { LngLatBounds, Map as MapLibre, Marker, setWorkerUrl } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import worker from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import "./map.css";
import { persianDigits } from "./calendars.js";
import { legend, listing, networkKey, scale } from "./map-parts.js";
import { SOURCES, addImages, style } from "./map-style.js";

setWorkerUrl(new URL(worker, location.href).href);

const fa = document.documentElement.lang.startsWith("fa");
const WORDS = fa
  ? { in: "نزدیک‌تر", out: "دورتر", all: "همه شهرک", north: "شمال", here: "این نقطه", hint: "نقشه را با کلیدهای پیکان جابه‌جا کنید.", none: "این مرورگر نقشه را نشان نمی‌دهد. همین‌ها در فهرست زیر نقشه هست.", failed: "نقشه خوانده نشد. صفحه را دوباره باز کنید.", map: "نقشه", chosen: "نقطه گذاشته شد" }
  : { in: "Zoom in", out: "Zoom out", all: "Whole estate", north: "North", here: "This point", hint: "Move the map with the arrow keys.", none: "This browser does not show the map. The same is in the list below it.", failed: "The map could not be read. Load the page again.", map: "Map", chosen: "Point set" };

const collection = (features) => ({ type: "FeatureCollection", features });
const kindOf = (feature) => feature.properties.kind;

function bounds(features) {
  const box = new LngLatBounds();
  const walk = (value) => (typeof value[0] === "number" ? box.extend(value) : value.forEach(walk));
  for (const feature of features) walk(feature.geometry.coordinates);
  return box;
}

function addSources(map, features) {
  for (const name of SOURCES) {
    const own = features.filter((feature) => kindOf(feature) === name);
    const many = name === "transformer" && own.length > 40;
    const grouped = many ? { cluster: true, clusterRadius: 46, clusterMaxZoom: 15, clusterProperties: { total: ["+", 1] } } : {};
    map.addSource(name, { type: "geojson", data: collection(own), promoteId: "id", ...grouped });
  }
  for (const layer of style().layers.slice(1)) map.addLayer(layer);
}

function button(label, content, press) {
  const made = document.createElement("button");
  made.type = "button";
  made.setAttribute("aria-label", label);
  made.title = label;
  made.innerHTML = content;
  made.addEventListener("click", press);
  return made;
}

function tools(box, map, whole) {
  const zoom = document.createElement("div");
  zoom.className = "zoom";
  zoom.append(
    button(WORDS.in, "+", () => map.zoomIn()),
    button(WORDS.out, "−", () => map.zoomOut()),
    button(WORDS.all, '<svg class="ic" viewBox="0 0 16 16" aria-hidden="true"><path d="M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10"/></svg>', () => map.fitBounds(whole, { padding: 28 })),
  );
  const north = document.createElement("p");
  north.className = "north";
  north.innerHTML = `<svg viewBox="0 0 16 20" aria-hidden="true"><path d="M8 1l5 17-5-4-5 4z" fill="currentColor"/></svg>${WORDS.north}`;
  box.append(zoom, north, scale(map, fa));
}

/** Opens the page of what was pressed; a press on a group goes nearer. */
function links(map) {
  for (const layer of ["problem", "transformer", "supply", "plot"]) {
    map.on("mousemove", layer, (event) => {
      const feature = event.features[0];
      map.getCanvas().style.cursor = feature.properties.url ? "pointer" : "";
      map.getCanvas().title = [feature.properties.title ?? feature.properties.label, feature.properties.word].filter(Boolean).join(fa ? "، " : ", ");
    });
    map.on("mouseleave", layer, () => {
      map.getCanvas().style.cursor = "";
      map.getCanvas().title = "";
    });
  }
  map.on("click", (event) => {
    const [group] = map.queryRenderedFeatures(event.point, { layers: ["transformer-group"] });
    if (group) return map.easeTo({ center: group.geometry.coordinates, zoom: map.getZoom() + 2 });
    const [hit] = map.queryRenderedFeatures(event.point, { layers: ["problem", "transformer", "supply", "plot"] }).filter((each) => each.properties.url);
    if (hit) location.assign(hit.properties.url);
    return undefined;
  });
}

/** Choosing a point for a form: by a press, by moving the map under the cross and pressing the button, or by typing. */
function pick(box, map, ids) {
  const [longitude, latitude] = ids.split(" ").map((id) => document.getElementById(id));
  if (!longitude || !latitude) return;
  const marker = new Marker({ color: getComputedStyle(document.documentElement).getPropertyValue("--copper-mark").trim() });
  const set = (point) => {
    longitude.value = point.lng.toFixed(6);
    latitude.value = point.lat.toFixed(6);
    marker.setLngLat(point).addTo(map);
    said.textContent = WORDS.chosen;
    longitude.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const typed = () => {
    const point = { lng: Number.parseFloat(longitude.value), lat: Number.parseFloat(latitude.value) };
    if (!Number.isFinite(point.lng) || !Number.isFinite(point.lat) || Math.abs(point.lat) > 90) return marker.remove();
    return marker.setLngLat(point).addTo(map);
  };
  const cross = document.createElement("i");
  cross.className = "cross";
  const said = document.createElement("output");
  said.className = "sr";
  const here = button(WORDS.here, `<span>${WORDS.here}</span>`, () => set(map.getCenter()));
  here.className = "btn pick-here";
  box.append(cross, here, said);
  map.on("click", (event) => set(event.lngLat));
  longitude.addEventListener("change", typed);
  latitude.addEventListener("change", typed);
  typed();
}

function focusOn(map, features, id) {
  const feature = features.find((each) => String(each.properties.id) === id);
  if (!feature) return;
  map.setFilter("plot-chosen", ["==", ["to-string", ["get", "id"]], id]);
  map.fitBounds(bounds([feature]), { padding: 60, maxZoom: 17, animate: false });
}

function follow(box, map, features) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-show]");
    const feature = link && features.find((each) => String(each.properties.id) === link.dataset.show);
    if (!feature) return;
    event.preventDefault();
    map.fitBounds(bounds([feature]), { padding: 80, maxZoom: 17.5 });
    map.setFilter("plot-chosen", ["==", ["to-string", ["get", "id"]], link.dataset.show]);
    box.scrollIntoView({ block: "nearest" });
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    addImages(map);
    for (const layer of style().layers) for (const [name, value] of Object.entries(layer.paint ?? {})) map.setPaintProperty(layer.id, name, value);
  });
}

function start(box, file) {
  const { features } = file;
  const whole = bounds(features.filter((feature) => ["plot", "boundary", "transformer", "supply"].includes(kindOf(feature))));
  const canvas = document.createElement("div");
  canvas.className = "canvas";
  box.append(canvas);
  const map = new MapLibre({
    container: canvas,
    style: { ...style(), layers: style().layers.slice(0, 1) },
    bounds: whole, fitBoundsOptions: { padding: 28 },
    maxZoom: 20, dragRotate: false, pitchWithRotate: false, touchPitch: false, rollEnabled: false,
    attributionControl: false, cooperativeGestures: false, fadeDuration: 0,
    locale: { "Map.Title": box.dataset.title ?? WORDS.map },
  });
  map.touchZoomRotate.disableRotation();
  map.scrollZoom.disable();
  map.keyboard.disableRotation?.();
  map.on("load", () => {
    addImages(map);
    addSources(map, features);
    links(map);
    if (box.dataset.pick) pick(box, map, box.dataset.pick);
    if (box.dataset.focus) focusOn(map, features, box.dataset.focus);
    follow(box, map, features);
  });
  map.on("idle", () => (box.dataset.ready = "yes"));
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey && document.activeElement !== map.getCanvas()) return;
    map.scrollZoom.enable();
  }, { passive: true });
  canvas.addEventListener("focusout", () => map.scrollZoom.disable());
  tools(box, map, whole);
}

async function show(box) {
  try {
    const answer = await fetch(box.dataset.src, { headers: { Accept: "application/geo+json, application/json" }, credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    const file = await answer.json();
    box.after(...[legend(file, fa), networkKey(file, fa), listing(file, fa)].filter(Boolean));
    start(box, file);
    if (file.attribution) box.insertAdjacentHTML("beforeend", '<p class="credit"></p>');
    if (file.attribution) box.querySelector(".credit").textContent = fa ? persianDigits(file.attribution) : file.attribution;
  } catch (fault) {
    const note = document.createElement("p");
    note.className = "notice wait";
    note.setAttribute("role", "status");
    note.textContent = /webgl/i.test(String(fault?.message ?? fault)) ? WORDS.none : WORDS.failed;
    box.replaceChildren(note);
    console.warn(fault);
  }
}

for (const box of document.querySelectorAll("[data-map]")) show(box);
