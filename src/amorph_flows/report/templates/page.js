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
  const turn = (div) => {
    // One full turn a minute, only while it is seen and until it is touched.
    let seen = false;
    let last = 0;
    const step = (now) => {
      if (!div.isConnected || div.dataset.turning !== "yes") return;
      requestAnimationFrame(step);
      if (!seen || document.hidden || now - last < 60) return;
      const passed = Math.min(now - last, 100);
      last = now;
      const { eye } = div._fullLayout.scene._scene.getCamera();
      const angle = (passed / 60000) * 2 * Math.PI;
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      const turned = { x: eye.x * cos - eye.y * sin, y: eye.x * sin + eye.y * cos, z: eye.z };
      Plotly.relayout(div, { "scene.camera.eye": turned });
    };
    new IntersectionObserver(([entry]) => (seen = entry.isIntersecting)).observe(div);
    for (const touch of ["pointerdown", "wheel"])
      div.addEventListener(touch, () => (div.dataset.turning = "no"), { capture: true, passive: true });
    div.dataset.turning = "yes";
    requestAnimationFrame(step);
  };
  dark.addEventListener("change", drawAll);
  addEventListener("beforeprint", () =>
    document.querySelectorAll("details:not(.listing)").forEach((d) => d.setAttribute("open", "")));
  addEventListener("hashchange", openTarget);
  openTarget();
  drawAll();
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const glass = document.getElementById("glass");
  if (glass && !still && glass._fullLayout?.scene?._scene) turn(glass);
})();
