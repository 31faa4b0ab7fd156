/* The player of a composition: chapters, the time line, and who is where in the picture. */

const player = document.getElementById.bind(document, "player");

/** Returns a time as people write it: 1:02:03, or 1:02.5. */
function clock(seconds) {
  const tenths = Math.floor(seconds * 10) / 10;
  const rest = tenths % 60;
  const minutes = Math.floor(tenths / 60);
  const hours = Math.floor(minutes / 60);
  const text = (rest < 10 ? "0" : "") + (Number.isInteger(rest) ? rest : rest.toFixed(1));
  return hours ? `${hours}:${String(minutes % 60).padStart(2, "0")}:${text}` : `${minutes}:${text}`;
}

function seek(video, seconds) {
  video.currentTime = seconds;
  showTime(video);
}

/** Marks the chapter that is played, moves the head, and keeps the field at the time. */
function showTime(video) {
  const now = video.currentTime;
  const line = document.getElementById("timeline");
  if (line) {
    const place = (now / Number(line.dataset.length)) * 1000;
    document.getElementById("head").setAttribute("x", String(Math.min(Math.max(place, 0), 997)));
  }
  let current = null;
  for (const chapter of document.querySelectorAll("#chapters [data-seek]")) {
    chapter.removeAttribute("aria-current");
    if (Number(chapter.dataset.seek) <= now + 0.05) {
      current = chapter;
    }
  }
  current?.setAttribute("aria-current", "true");
  const field = document.getElementById("t");
  if (field && field !== document.activeElement) {
    field.value = clock(now);
  }
}

/** Returns the pixel of the picture under the pointer; null beside it, and on the controls. */
function pixelAt(video, event) {
  const box = video.getBoundingClientRect();
  const scale = Math.min(box.width / video.videoWidth, box.height / video.videoHeight);
  const x = (event.clientX - box.left - (box.width - video.videoWidth * scale) / 2) / scale;
  const y = (event.clientY - box.top - (box.height - video.videoHeight * scale) / 2) / scale;
  const isInside = x >= 0 && y >= 0 && x < video.videoWidth && y < video.videoHeight;
  return isInside ? { x: Math.floor(x), y: Math.floor(y) } : null;
}

function nameWhoIsAt(video, event) {
  const at = video.videoWidth ? pixelAt(video, event) : null;
  if (at) {
    // Else the click would also begin to play, or stop.
    event.preventDefault();
    const query = new URLSearchParams({ t: video.currentTime.toFixed(3), x: at.x, y: at.y });
    const swap = { target: "#shown", select: "#shown", swap: "outerHTML" };
    window.htmx.ajax("GET", `${video.dataset.shown}?${query}`, swap);
  }
}

function start() {
  const video = player();
  if (!video || video.dataset.started) {
    return;
  }
  video.dataset.started = "";
  for (const kind of ["timeupdate", "seeked", "loadedmetadata"]) {
    video.addEventListener(kind, () => showTime(video));
  }
  if (video.dataset.shown) {
    video.addEventListener("click", (event) => nameWhoIsAt(video, event));
  }
}

document.addEventListener("click", (event) => {
  const video = player();
  const chapter = event.target.closest("[data-seek]");
  const line = event.target.closest("#timeline");
  if (video && chapter) {
    event.preventDefault();
    seek(video, Number(chapter.dataset.seek));
  } else if (video && line) {
    const box = line.getBoundingClientRect();
    seek(video, ((event.clientX - box.left) / box.width) * Number(line.dataset.length));
  }
});
document.addEventListener("htmx:afterSettle", start);
start();
