// Refreshes pages, copies texts, filters lists. Everything else works without it.
"use strict";

// On a change event, fetches the page again and replaces the parts that differ. A part is an element
// with `data-live` and an id. A part with input of the visitor waits for the next change.
// Slow pages are fetched less often: fetching takes at most a fifth of the time.
const live = {
  pending: false,
  running: false,
  // True after a form was sent: the next page shows the changes, and the object of this one may be
  // deleted before the next page arrives.
  leaving: false,
  // True while the visitor presses something: a button that is replaced meanwhile receives no click.
  pressed: false,
  // The time of what the page shows.
  shownAt: new Date(performance.timeOrigin),

  async refresh() {
    if (live.running || live.isHeld()) {
      live.pending = true;
      return;
    }
    live.running = true;
    live.pending = false;
    const began = performance.now();
    const askedAt = new Date();
    try {
      const answer = await fetch(location.href, { headers: { "x-underpass-live": "1" } });
      const text = await answer.text();
      if (live.isHeld()) {
        live.pending = true;
        return;
      }
      if (answer.redirected || !answer.ok) {
        // The session is over, or the object of the page is deleted: show it to the visitor.
        if (answer.status < 500) live.leave();
        else live.stale(true);
        return;
      }
      live.apply(new DOMParser().parseFromString(text, "text/html"));
      live.shownAt = askedAt;
      live.stale(false);
    } catch {
      // Not reachable; the event source reports when it is again.
      live.stale(true);
    } finally {
      const pause = 4 * (performance.now() - began);
      setTimeout(() => {
        live.running = false;
        if (live.pending) live.refresh();
      }, pause);
    }
  },

  // Reports whether the page must stay as it is.
  isHeld() {
    return live.leaving || live.pressed || document.hidden;
  },

  // The click of a press comes after its end; that of a touch in a task of its own.
  release() {
    if (!live.pressed) return;
    setTimeout(() => {
      live.pressed = false;
      if (live.pending) live.refresh();
    }, 100);
  },

  apply(fresh) {
    const changed = [];
    for (const part of document.querySelectorAll("[data-live][id]")) {
      const next = fresh.getElementById(part.id);
      const before = part.dataset.shown;
      const shown = next?.outerHTML;
      if (!next || shown === before || live.inUse(part)) continue;
      live.keepOpen(part, next);
      const focused = part.contains(document.activeElement) ? document.activeElement : null;
      const twin = focused && live.twin(focused, next);
      // Keeping the focus is more important than updating an age.
      const isNews = ageless(shown) !== ageless(before);
      if (focused && !twin && !isNews) continue;
      part.replaceWith(next);
      next.dataset.shown = shown;
      arm(next);
      twin?.focus();
      if (isNews) {
        next.classList.add("fresh");
        changed.push(next.dataset.live);
      }
    }
    if (changed.length > 0) say(`Updated: ${changed.join(", ")}`);
  },

  // Reports whether the visitor has changed a field.
  inUse(part) {
    const touched = (field) => {
      if (field.type === "checkbox" || field.type === "radio") {
        return field.checked !== field.defaultChecked;
      }
      return field.value !== (field.dataset.initial ?? field.defaultValue);
    };
    return [...part.querySelectorAll("input:not([type=hidden]), textarea, select")].some(touched);
  },

  // Keeps open what the visitor opened, and closed what they closed.
  keepOpen(part, next) {
    for (const old of part.querySelectorAll("details[id]")) {
      const same = [...next.querySelectorAll("details[id]")].find((it) => it.id === old.id);
      if (same) same.open = old.open;
    }
  },

  // The element of a new part with the same function as one of the old part: the focus must not move
  // to the button of another row.
  twin(old, next) {
    const does = (it) => [it.tagName, it.id, it.href, it.form?.action, it.textContent].join("\n");
    return [...next.querySelectorAll(old.tagName)].find((it) => does(it) === does(old));
  },

  // Loads the page again with a GET: a form is never sent twice.
  leave() {
    location.replace(location.pathname + location.search);
  },

  // Says that the page does not show the present, and since when, or takes it back.
  stale(isStale) {
    if (!live.note || live.leaving || live.note.hidden === !isStale) return;
    const time = live.shownAt.toISOString().slice(0, 19).replace("T", " ");
    live.note.hidden = !isStale;
    live.note.textContent = isStale
      ? `No live updates from the server. This page shows the state of ${time} UTC. It updates itself when the server is back.`
      : "";
  },

  // Receives the events of the page. The server sends one every 3 s at least; without one for 7 s it
  // is lost, and the page subscribes again.
  subscribe(place, isAgain) {
    const source = new EventSource(place);
    let lost = isAgain;
    let timer;
    const heard = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        delete document.body.dataset.connected;
        source.close();
        live.stale(true);
        live.subscribe(place, true);
      }, 7_000);
    };
    heard();
    source.addEventListener("alive", heard);
    source.addEventListener("change", () => {
      heard();
      live.refresh();
    });
    source.addEventListener("open", () => {
      heard();
      document.body.dataset.connected = "true";
      if (lost) live.refresh();
      lost = false;
    });
    // The browser connects again; the timer decides whether that takes too long.
    source.addEventListener("error", () => {
      lost = true;
      delete document.body.dataset.connected;
    });
    source.addEventListener("end", () => {
      clearTimeout(timer);
      source.close();
      live.leave();
    });
  },

  listen() {
    const place = document.body.dataset.changes;
    if (!place) return;
    for (const part of document.querySelectorAll("[data-live][id]")) {
      part.dataset.shown = part.outerHTML;
    }
    live.note = document.createElement("p");
    live.note.className = "note note-warn lost";
    live.note.id = "lost";
    live.note.setAttribute("role", "alert");
    live.note.hidden = true;
    (document.getElementById("main") ?? document.body).prepend(live.note);
    live.subscribe(place, false);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && live.pending) live.refresh();
    });
  },
};

// A part without its ages, which change by themselves.
function ageless(html) {
  return html?.replace(/(<time[^>]*>)[^<]*/g, "$1");
}

// Announces a text to screen readers.
function say(text) {
  const place = document.getElementById("said");
  if (place) place.textContent = text;
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  if (!source) return;
  const text = source.dataset.text ?? source.textContent;
  try {
    await navigator.clipboard.writeText(text);
    say("Copied");
    button.textContent = "Copied";
  } catch {
    const range = document.createRange();
    range.selectNodeContents(source);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    say("Selected; copy it with your keyboard");
    button.textContent = "Selected";
  }
  setTimeout(() => { button.textContent = button.dataset.word; }, 1500);
}

// Saves a text of the page as a file: it may have no address.
function download(button) {
  const source = document.getElementById(button.dataset.source);
  if (!source) return;
  const blob = new Blob([source.textContent], { type: "application/octet-stream" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = button.dataset.download;
  link.click();
  say(`Downloaded ${link.download}`);
  // The browser reads the blob after the click; one minute is long enough.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// Shows the rows of a list that contain every word of the search.
function search(field) {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const row of document.querySelectorAll(`[data-searched="${field.dataset.search}"]`)) {
    const text = row.dataset.words ?? row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
    if (!row.hidden) found += 1;
  }
  const none = document.getElementById(`${field.dataset.search}-none`);
  if (none) none.hidden = found > 0;
}

// Attaches the behaviour to a part of the page.
function arm(root) {
  for (const button of root.querySelectorAll("button[data-copy]")) {
    button.dataset.word = button.textContent;
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
  for (const button of root.querySelectorAll("button[data-download]")) {
    button.hidden = false;
    button.addEventListener("click", () => download(button));
  }
  for (const field of root.querySelectorAll("input[data-search]")) {
    field.addEventListener("input", () => search(field));
    search(field);
  }
  for (const field of root.querySelectorAll("select")) field.dataset.initial = field.value;
  for (const field of root.querySelectorAll("select[data-go]")) {
    field.addEventListener("change", () => field.form.requestSubmit());
  }
  // A form is sent once.
  for (const form of root.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "true";
      live.leaving = true;
    });
  }
}

// Closes a menu on a click elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A press with a pointer, or with the space key, which clicks when it is released.
addEventListener("pointerdown", () => { live.pressed = true; });
addEventListener("keydown", (event) => { if (event.key === " ") live.pressed = true; });
for (const end of ["pointerup", "pointercancel", "keyup", "blur"]) {
  addEventListener(end, () => live.release());
}
// A press may end where the page does not hear of it, such as in the list of a select.
addEventListener("pointermove", (event) => { if (event.buttons === 0) live.release(); });

// Resets a page that the visitor returned to.
addEventListener("pageshow", () => {
  live.leaving = false;
  live.pressed = false;
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

live.listen();
arm(document);
