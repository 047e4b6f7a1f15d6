// Runs in the browser, on the page that is looked at. The numbers are success criteria of WCAG 2.2.
(() => {
  const found = [];
  const expect = (holds, what) => {
    if (!holds) found.push(what);
  };
  const all = (selector) => [...document.querySelectorAll(selector)];
  const channels = (color) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (color) => {
    const [r = 0, g = 0, b = 0] = channels(color).map((c) => {
      const part = c / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const opaque = (color) => (channels(color)[3] ?? 1) === 1;
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (opaque(color)) return color;
    }
    return 'rgb(255, 255, 255)';
  };

  expect(document.documentElement.lang, '3.1.1 no language');
  expect(document.title.trim(), '2.4.2 no title');
  expect(all('h1').length === 1, '1.3.1 not one heading');
  expect(all('main').length === 1, '1.3.1 not one main part');
  expect(
    document.querySelector('meta[name=viewport]')?.getAttribute('content')?.includes('width=device-width'),
    '1.4.10 viewport',
  );
  expect(document.documentElement.scrollWidth <= window.innerWidth, '1.4.10 scrolls sideways');
  expect(all('[tabindex]').length === 0, '2.4.3 an order of its own');
  const ids = all('[id]').map(({ id }) => id);
  expect(new Set(ids).size === ids.length, '4.1.2 an id that stands twice');
  for (const element of all('[aria-describedby]')) {
    const id = element.getAttribute('aria-describedby') ?? '';
    expect(document.getElementById(id)?.textContent?.trim(), `1.3.1 ${element.id} is described by nothing`);
  }
  for (const input of all('input:not([type=hidden])')) {
    const [label] = input.labels ?? [];
    expect(
      label?.textContent?.trim() && label.getBoundingClientRect().height > 0,
      `3.3.2 ${input.id} has no visible label`,
    );
    expect(input.autocomplete, `1.3.5 ${input.id} has no purpose`);
    const { borderTopColor } = getComputedStyle(input);
    expect(contrast(borderTopColor, behind(input.parentElement)) >= 3, `1.4.11 the edge of ${input.id}`);
  }
  for (const target of all('button, input:not([type=hidden])')) {
    const { width, height } = target.getBoundingClientRect();
    expect(width >= 44 && height >= 44, `2.5.5 ${target.id} is ${width} x ${height}`);
  }
  for (const alert of all('.alert')) expect(alert.getAttribute('role') === 'alert', '4.1.3 an alert nobody hears');
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement: parent, textContent: text } = walker.currentNode;
    if (!parent || !text?.trim()) continue;
    const { color, fontSize } = getComputedStyle(parent);
    const ratio = contrast(color, behind(parent));
    expect(ratio >= 4.5, `1.4.3 "${text.trim().slice(0, 30)}" has a contrast of ${ratio.toFixed(2)}`);
    expect(Number.parseFloat(fontSize) >= 12, `"${text.trim().slice(0, 30)}" is ${fontSize}`);
  }
  return found;
})();
