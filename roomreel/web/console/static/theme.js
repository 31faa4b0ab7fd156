/* The theme that was chosen, before anything is drawn. */
"use strict";
try {
  const chosen = localStorage.getItem("roomreel-theme");
  if (chosen === "light" || chosen === "dark") {
    document.documentElement.dataset.theme = chosen;
  }
} catch {
  /* A browser that keeps nothing has the theme of its system. */
}
