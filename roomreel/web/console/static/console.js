/* What every page has: times of the viewer's zone, the choice of a theme, filters of short URLs. */

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
const instants = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** Writes times in the viewer's zone; what the server wrote, in UTC, is their title. */
function showTimes(within) {
  for (const time of within.querySelectorAll("time[datetime]:not([data-shown])")) {
    const instant = new Date(time.dateTime);
    if (!Number.isNaN(instant.valueOf())) {
      time.textContent = instants.format(instant);
      time.dataset.shown = "";
    }
  }
  for (const field of within.querySelectorAll("input[name=zone]")) {
    field.value = zone;
  }
  for (const place of within.querySelectorAll("#zone, .zone")) {
    place.textContent = zone.replaceAll("_", " ");
  }
}

const themes = ["system", "light", "dark"];

function currentTheme() {
  return document.documentElement.dataset.theme ?? "system";
}

function showTheme(button) {
  button.textContent = `Theme: ${currentTheme()}`;
  button.hidden = false;
}

function chooseTheme(theme) {
  if (theme === "system") {
    delete document.documentElement.dataset.theme;
  } else {
    document.documentElement.dataset.theme = theme;
  }
  try {
    localStorage.setItem("roomreel-theme", theme);
  } catch {
    /* It lasts as long as the page. */
  }
}

const button = document.getElementById("theme");
if (button) {
  showTheme(button);
  button.addEventListener("click", () => {
    chooseTheme(themes[(themes.indexOf(currentTheme()) + 1) % themes.length]);
    showTheme(button);
  });
}

/** Leaves out what says nothing, so that the address of a list can be read and sent to others. */
function shorten(parameters) {
  for (const name of [...parameters.keys()]) {
    if (parameters.getAll(name).every((value) => value === "")) {
      parameters.delete(name);
    }
  }
  if (!parameters.has("from") && !parameters.has("to")) {
    parameters.delete("zone");
  }
}

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb === "get") {
    shorten(event.detail.formData);
  }
});
/** A form that somebody is filling in stays as it is when a part of its page cannot be had. */
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { xhr, elt, target } = event.detail;
  if (elt.closest("[data-keep]") && (xhr.status >= 400 || xhr.getResponseHeader("HX-Redirect"))) {
    event.preventDefault();
    const note = document.createElement("p");
    note.className = "message bad";
    note.setAttribute("role", "status");
    note.textContent = "This cannot be shown now. Nothing that you typed is lost: save it, or try again.";
    target.replaceChildren(note);
  }
});
document.addEventListener("htmx:afterSettle", () => showTimes(document));
showTimes(document);
