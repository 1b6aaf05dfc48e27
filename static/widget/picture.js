// Pictures: taken, pasted, dropped or chosen; drawn on and blacked out before they leave the page.
const WIDEST = 1920;
const TYPE = "image/jpeg";

const pictureOf = (source, width, height) => {
  const scale = Math.min(1, WIDEST / Math.max(width, height));
  const canvas = Object.assign(document.createElement("canvas"), { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(source, 0, 0, canvas.width, canvas.height);
  return { ground: canvas, marks: [] };
};

// The browser asks which tab or window may be seen, and takes one frame of it.
const takePicture = async () => {
  const stream = await navigator.mediaDevices.getDisplayMedia({ video: { displaySurface: "browser" }, audio: false, preferCurrentTab: true, selfBrowserSurface: "include" });
  try {
    const video = Object.assign(document.createElement("video"), { srcObject: stream, muted: true });
    root.hidden = true;
    await video.play();
    await new Promise((resolve) => setTimeout(resolve, 300));
    return pictureOf(video, video.videoWidth, video.videoHeight);
  } finally {
    root.hidden = false;
    stream.getTracks().forEach((track) => track.stop());
  }
};

const readPicture = async (file) => {
  const bitmap = await createImageBitmap(file);
  return pictureOf(bitmap, bitmap.width, bitmap.height);
};

// What is blacked out is painted over in the picture itself: nothing of it is sent.
const paint = (canvas, { ground, marks }) => {
  canvas.width = ground.width;
  canvas.height = ground.height;
  const pen = canvas.getContext("2d");
  pen.drawImage(ground, 0, 0);
  pen.lineWidth = Math.max(3, canvas.width / 250);
  pen.lineCap = pen.lineJoin = "round";
  pen.strokeStyle = "#e11d48";
  for (const { tool, points } of marks) {
    const [first, last] = [points[0], points[points.length - 1]];
    if (tool === "black") {
      pen.fillStyle = "#000";
      const [left, top] = [Math.min(first.x, last.x), Math.min(first.y, last.y)].map(Math.floor);
      pen.fillRect(left, top, Math.ceil(Math.max(first.x, last.x)) - left, Math.ceil(Math.max(first.y, last.y)) - top);
    } else {
      pen.beginPath();
      points.forEach(({ x, y }) => pen.lineTo(x, y));
      pen.stroke();
    }
  }
};

const blobOf = (picture) =>
  new Promise((resolve) => {
    const canvas = document.createElement("canvas");
    paint(canvas, picture);
    canvas.toBlob(resolve, TYPE, 0.88);
  });

// The picture to mark. By keyboard: the arrows move a marker, Enter begins and ends a mark.
const editorOf = (picture, texts, done, remove) => {
  let tool = "black";
  let mark = null;
  const at = { x: picture.ground.width / 2, y: picture.ground.height / 2, isShown: false };
  const canvas = h("canvas", { className: "canvas", tabIndex: 0, role: "application", "aria-label": texts.canvas });
  const redraw = () => {
    paint(canvas, picture);
    if (!at.isShown) return;
    const pen = canvas.getContext("2d");
    pen.strokeStyle = "#2563eb";
    pen.strokeRect(at.x - 12, at.y - 12, 24, 24);
  };
  const begin = (point) => picture.marks.push((mark = { tool, points: [point, point] }));
  const drag = (point) => {
    if (!mark) return;
    mark.points = mark.tool === "black" ? [mark.points[0], point] : [...mark.points, point];
    redraw();
  };
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    return { x: ((event.clientX - box.left) * canvas.width) / box.width, y: ((event.clientY - box.top) * canvas.height) / box.height };
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    at.isShown = false;
    begin(point(event));
  });
  canvas.addEventListener("pointermove", (event) => drag(point(event)));
  canvas.addEventListener("pointerup", () => (mark = null));
  canvas.addEventListener("blur", () => {
    at.isShown = false;
    redraw();
  });
  canvas.addEventListener("keydown", (event) => {
    const [right, down] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] || [0, 0];
    const isMark = event.key === "Enter" || event.key === " ";
    if (!right && !down && !isMark) return;
    event.preventDefault();
    const step = (event.shiftKey ? 1 : 5) * Math.max(2, canvas.width / 200);
    at.isShown = true;
    at.x = Math.min(canvas.width, Math.max(0, at.x + right * step));
    at.y = Math.min(canvas.height, Math.max(0, at.y + down * step));
    if (isMark && mark) mark = null;
    else if (isMark) begin({ ...at });
    else drag({ ...at });
    redraw();
  });
  const choose = (name) => h("button", { type: "button", className: "tool", "aria-pressed": String(tool === name), onclick: ({ target }) => {
    tool = name;
    tools.forEach((each) => each.setAttribute("aria-pressed", String(each === target)));
  } }, texts[name]);
  const tools = [choose("black"), choose("draw")];
  const undo = () => {
    picture.marks.pop();
    redraw();
  };
  redraw();
  return h("div", { className: "editor" },
    h("div", { className: "row", role: "toolbar", "aria-label": texts.tools }, ...tools,
      h("button", { type: "button", className: "tool", onclick: undo }, texts.undo),
      h("button", { type: "button", className: "tool", onclick: remove }, texts.remove),
      h("button", { type: "button", className: "tool", onclick: done }, texts.done)),
    canvas);
};
