(() => {
  const themes = JSON.parse(document.getElementById("themes").textContent);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const config = {
    responsive: true,
    displaylogo: false,
    displayModeBar: matchMedia("(hover: hover)").matches ? "hover" : false,
    modeBarButtonsToRemove: ["lasso2d", "select2d", "autoScale2d"],
  };
  const drawAll = () => {
    for (const div of document.querySelectorAll(".plotly-graph-div")) {
      const { data, layout } = JSON.parse(document.getElementById(`${div.id}-spec`).textContent);
      layout.template = themes[dark.matches ? "dark" : "light"];
      Plotly.react(div, data, layout, config);
    }
  };
  const openTarget = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    if (target) target.closest("details")?.setAttribute("open", "");
  };
  dark.addEventListener("change", drawAll);
  addEventListener("beforeprint", () =>
    document.querySelectorAll("details:not(.listing)").forEach((d) => d.setAttribute("open", "")));
  addEventListener("hashchange", openTarget);
  openTarget();
  drawAll();
})();
