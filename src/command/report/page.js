(function () {
  var field = document.getElementById("search"), told = document.getElementById("shown");
  var body = document.querySelector("tbody"), heads = document.querySelectorAll("thead th");
  var rows = Array.prototype.map.call(document.querySelectorAll("tbody tr"), function (row, place) {
    return { row: row, place: place, text: row.textContent.toLowerCase() };
  });
  function filter() {
    var words = field.value.toLowerCase().split(/\s+/), count = 0;
    rows.forEach(function (one) {
      var hit = words.every(function (word) { return one.text.indexOf(word) >= 0; });
      one.row.hidden = !hit;
      count += hit ? 1 : 0;
    });
    told.textContent = count + " of " + rows.length;
  }
  var words = new Intl.Collator(undefined, { numeric: true });
  function key(one, column) {
    var cell = one.row.cells[column], exact = cell.getAttribute("data-n");
    return exact === null ? cell.textContent : Number(exact);
  }
  function sort(column) {
    var down = heads[column].getAttribute("aria-sort") === "ascending";
    rows.forEach(function (one) { one.key = key(one, column); });
    rows.sort(function (one, other) {
      var a = one.key, b = other.key;
      // Empty cells come last, whichever the order.
      if ((a === "") !== (b === "")) { return a === "" ? 1 : -1; }
      var order = typeof a === "number" && typeof b === "number" ? a - b : words.compare(a, b);
      return (down ? -order : order) || one.place - other.place;
    });
    var sorted = document.createDocumentFragment();
    rows.forEach(function (one) { sorted.appendChild(one.row); });
    body.appendChild(sorted);
    heads.forEach(function (head, place) {
      if (place === column) {
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
      } else {
        head.removeAttribute("aria-sort");
      }
    });
  }
  heads.forEach(function (head, column) {
    head.firstChild.addEventListener("click", function () { sort(column); });
  });
  field.addEventListener("input", filter);
  filter();
})();
