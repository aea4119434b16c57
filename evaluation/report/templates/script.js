"use strict";
// Without scripts the page shows the same, in its first order.

// A click on a column's head sorts a table by it; the first column as text, the others as numbers.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows];
      const key = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
      body.append(...sorted(rows, key, down, column > 0));
    });
  });
}

// Sorted copies; absent values come last in both directions.
function sorted(items, key, down, numbers) {
  const sign = down ? -1 : 1;
  const absent = (value) => value === undefined || value === "";
  const keyed = items.map((item) => [key(item), item]);
  keyed.sort(([a], [b]) => {
    if (absent(a) || absent(b)) return absent(a) - absent(b);
    return sign * (numbers ? a - b : a.localeCompare(b, undefined, { numeric: true }));
  });
  return keyed.map(([, item]) => item);
}

for (const controls of document.querySelectorAll(".controls")) {
  const gallery = controls.nextElementSibling;
  const cards = [...gallery.children];
  const [order, search, count] = ["select", "input", "output"].map((tag) => controls.querySelector(tag));
  order.addEventListener("change", () => {
    const [name, way] = order.value.split(" ");
    const key = (card) => card.getAttribute("data-" + name);
    const inOrder = name ? sorted(cards, (card) => key(card) ?? "", way === "down", name !== "name") : cards;
    gallery.replaceChildren(...inOrder);
  });
  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    let shown = 0;
    for (const card of cards) {
      card.hidden = !card.dataset.name.toLowerCase().includes(wanted);
      shown += !card.hidden;
    }
    count.textContent = `${shown} shown`;
  });
  controls.hidden = false;
}
