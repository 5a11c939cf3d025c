// Sends chosen files to the server's own route, one after the other, and shows how far they are.
//
// The page gives `data`: url, token, accept, label, about, known (ids of uploads that it has),
// waiting (whether a file may come from a script). It hears "arrived" when there are new uploads.

const POLL = 2000; // milliseconds between looks for a file from a script
const PAINT = 200; // milliseconds between two pictures of the progress
const BROKE = {
  error: "The connection broke before the end.",
  hint: "Try again. A folder cannot be sent: choose the files in it.",
};

// Loaded once per tab, so an upload goes on while the visitor looks at another page.
const queue = [];
const told = new Set(); // ids that the page has been told of
let door = null; // where to send files, and with which permission
let view = null; // the uploader on the page, if there is one
let current = null; // the file on its way

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".uploader");
  const fresh = view === null || view.root !== root;
  door = { url: data.url, token: data.token };
  view = { root, known: data.known, tell: (ids) => setTriggerValue("arrived", ids) };
  root.querySelector(".label").textContent = data.label;
  root.querySelector(".about").textContent = data.about;
  root.querySelector(".files").accept = data.accept;
  if (fresh) {
    listen(root);
    look();
  }
  draw();
  clearInterval(root.poll);
  if (data.waiting) root.poll = setInterval(look, POLL);
  return () => {
    clearInterval(root.poll);
    if (view !== null && view.root === root) view = null;
  };
}

function listen(root) {
  if (root.listens) return;
  root.listens = true;
  const input = root.querySelector(".files");
  const drop = root.querySelector(".drop");
  const take = () => {
    add([...input.files]);
    input.value = ""; // so that the same file can be chosen again
  };
  input.addEventListener("change", take);
  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    add(event.dataTransfer.files);
  });
  if (input.files.length > 0) take(); // chosen before this script was there
}

function add(files) {
  for (const file of files) queue.push({ file, sent: 0, speed: 0, state: "waiting" });
  next();
}

async function next() {
  draw();
  if (current !== null) return;
  current = queue.find((item) => item.state === "waiting") ?? null;
  if (current === null) {
    look(); // the last one is through: the page reads them all
    return;
  }
  const item = current;
  say(`Sending ${item.file.name}`);
  try {
    await send(item);
    forget(item);
    say(`${item.file.name} has arrived`);
  } catch (problem) {
    if (item.state === "cancelled") say(`${item.file.name} was cancelled`);
    else fail(item, problem);
  }
  current = null;
  next();
}

async function send(item) {
  item.state = "sending";
  draw();
  const welcome = () => ask("POST", `?size=${item.file.size}`);
  await welcome(); // a refusal before the bytes instead of after them
  if (item.state === "cancelled") throw BROKE;
  try {
    await put(item);
  } catch (problem) {
    // Broken off without an answer: the server may be able to say why.
    if (problem === BROKE && item.state !== "cancelled") await welcome();
    throw problem;
  }
}

// Not fetch: only XMLHttpRequest tells how much has been sent.
function put(item) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let time = performance.now();
    item.abort = () => request.abort();
    request.upload.onprogress = (event) => {
      const now = performance.now();
      if (now - time < PAINT && event.loaded < event.total) return;
      const speed = (1000 * (event.loaded - item.sent)) / Math.max(now - time, 1);
      item.speed = item.speed ? 0.8 * item.speed + 0.2 * speed : speed;
      item.sent = event.loaded;
      time = now;
      draw();
    };
    request.onload = () => {
      const answer = read(request.responseText);
      if (request.status === 201) resolve(answer);
      else reject(answer.error ? answer : BROKE);
    };
    request.onerror = () => reject(BROKE);
    request.onabort = () => reject(BROKE);
    request.open("PUT", `${door.url}/file`);
    request.setRequestHeader("X-Upload-Token", door.token);
    request.setRequestHeader("X-Upload-Name", encodeURIComponent(item.file.name));
    request.send(item.file);
  });
}

async function ask(method, query = "") {
  let response;
  try {
    response = await fetch(door.url + query, {
      method,
      headers: { "X-Upload-Token": door.token },
      cache: "no-store",
    });
  } catch {
    throw { error: "The server does not answer.", hint: "Check the connection and try again." };
  }
  const answer = read(await response.text());
  if (!response.ok) throw answer.error ? answer : BROKE;
  return answer;
}

// Uploads that the page does not have yet: through a script, or while it showed something else.
async function look() {
  if (view === null || current !== null) return;
  let found;
  try {
    found = await ask("GET");
  } catch {
    return; // asked again later
  }
  const fresh = found.map((one) => one.id).filter((id) => !view?.known.includes(id));
  if (view === null || !fresh.some((id) => !told.has(id))) return;
  fresh.forEach((id) => told.add(id));
  view.tell(fresh);
}

function cancel(item) {
  if (item.state === "sending") {
    item.state = "cancelled";
    item.abort?.();
  }
  forget(item);
  view?.root.querySelector(".files").focus();
}

function forget(item) {
  const index = queue.indexOf(item);
  if (index >= 0) queue.splice(index, 1);
  draw();
}

function fail(item, problem) {
  item.state = "failed";
  item.problem = problem.error ? problem : BROKE;
  say(`${item.file.name}: ${item.problem.error} ${item.problem.hint}`);
  draw();
}

function draw() {
  if (view === null) return;
  const list = view.root.querySelector(".list");
  const rows = new Map([...list.children].map((row) => [row.item, row]));
  for (const [item, row] of rows) if (!queue.includes(item)) row.remove();
  for (const item of queue) paint(rows.get(item) ?? list.appendChild(row(item)), item);
}

function row(item) {
  const made = document.createElement("li");
  for (const [tag, name] of [
    ["span", "name"],
    ["span", "figures"],
    ["button", "cancel"],
    ["progress", "bar"],
  ]) {
    const part = document.createElement(tag);
    part.className = name;
    made.append(part);
  }
  made.item = item;
  made.querySelector(".name").textContent = item.file.name;
  made.querySelector(".bar").setAttribute("aria-label", `Sending ${item.file.name}`);
  const button = made.querySelector(".cancel");
  button.type = "button";
  button.addEventListener("click", () => cancel(item));
  return made;
}

function paint(made, item) {
  const failed = item.state === "failed";
  const button = made.querySelector(".cancel");
  made.className = item.state;
  made.querySelector(".figures").textContent = figures(item);
  made.querySelector(".bar").max = Math.max(item.file.size, 1);
  made.querySelector(".bar").value = item.sent;
  button.textContent = failed ? "Dismiss" : "Cancel";
  button.setAttribute("aria-label", `${button.textContent} ${item.file.name}`);
}

function figures(item) {
  const size = item.file.size;
  if (item.state === "failed") return `${item.problem.error} ${item.problem.hint}`;
  if (item.state === "waiting") return `Waiting · ${megabytes(size)} MB`;
  if (item.sent >= size && item.sent > 0) return `100 % · ${megabytes(size)} MB · storing ...`;
  const percent = Math.floor((100 * item.sent) / Math.max(size, 1));
  const speed = item.speed ? ` · ${megabytes(item.speed)} MB/s` : "";
  return `${percent} % · ${megabytes(item.sent)} of ${megabytes(size)} MB${speed}`;
}

function megabytes(bytes) {
  const value = bytes / 1e6;
  const digits = value < 0.1 ? 3 : value < 100 ? 1 : 0;
  return value.toLocaleString("en", { maximumFractionDigits: digits });
}

function say(text) {
  const said = view?.root.querySelector(".said");
  if (said) said.textContent = text;
}

function read(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
