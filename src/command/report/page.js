(function () {
  var field = document.getElementById("search"), told = document.getElementById("shown");
  var rows = Array.prototype.map.call(document.querySelectorAll("tbody tr"), function (row) {
    return { row: row, text: row.textContent.toLowerCase() };
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
  field.addEventListener("input", filter);
  filter();
})();
