// Runs the script of a report on the rows of its table, with as much of a document as it uses, and clicks on headers.
const page = require("fs").readFileSync(process.argv[2], "utf8");
const script = page.split("<script>")[1].split("</script>")[0];

class Part {
  constructor(text, attributes = {}, children = []) {
    Object.assign(this, { textContent: text, attributes, children, listeners: {}, value: "" });
  }
  get cells() { return this.children; }
  get firstChild() { return this.children[0]; }
  getAttribute(name) { return name in this.attributes ? this.attributes[name] : null; }
  setAttribute(name, value) { this.attributes[name] = value; }
  removeAttribute(name) { delete this.attributes[name]; }
  addEventListener(name, listener) { this.listeners[name] = listener; }
  appendChild(child) {
    if (child.isFragment) { child.children.splice(0).forEach((one) => this.appendChild(one)); return; }
    this.children = this.children.filter((one) => one !== child).concat([child]);
  }
}

const plain = (html) => html.replace(/<[^>]*>/g, "");
const heads = [...page.matchAll(/<th[^>]*>(.*?)<\/th>/g)].map((head) => {
  return new Part(plain(head[1]), {}, [new Part(plain(head[1]))]);
});
const rows = [...page.split("<tbody>")[1].matchAll(/<tr>(.*?)<\/tr>/g)].map((row) => {
  const cells = [...row[1].matchAll(/<td([^>]*)>(.*?)<\/td>/g)].map((cell) => {
    const exact = cell[1].match(/data-n="([^"]*)"/);
    return new Part(plain(cell[2]), exact ? { "data-n": exact[1] } : {});
  });
  return new Part(cells.map((cell) => cell.textContent).join(" "), {}, cells);
});
const body = new Part("", {}, rows);
const named = { search: new Part(""), shown: new Part("") };
const document = {
  getElementById: (id) => named[id],
  querySelector: () => body,
  querySelectorAll: (selector) => (selector.startsWith("thead") ? heads : rows),
  createDocumentFragment: () => Object.assign(new Part(""), { isFragment: true }),
};
new Function("document", script)(document);

const tell = (what) => console.log([what, ...body.children.map((row) => row.cells[0].textContent)].join(" "));
tell("none");
for (const column of [0, 0, 4, 4]) {
  heads[column].firstChild.listeners.click();
  tell(`${heads[column].textContent} ${heads[column].getAttribute("aria-sort")}`);
}
