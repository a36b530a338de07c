(function () {
  var root = document.documentElement, button = document.getElementById("theme");
  function dark() {
    var set = root.dataset.theme;
    return set ? set === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }
  function show() { button.setAttribute("aria-pressed", String(dark())); }
  button.hidden = false;
  show();
  button.addEventListener("click", function () {
    root.dataset.theme = dark() ? "light" : "dark";
    show();
  });
})();
