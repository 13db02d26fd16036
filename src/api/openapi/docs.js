// Shows /openapi.json. All text goes in as text, so that nothing in it can become markup.

const methods = ['get', 'post', 'put', 'patch', 'delete'];

/** An element: make('a.soft', {href}, 'text', child…) */
function make(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split('.');
  const element = document.createElement(tag);
  element.classList.add(...classes);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.flat().filter(child => child !== null && child !== undefined));
  return element;
}

/** `code` and **strong** of one line. */
function inline(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map(part => {
    if (part.startsWith('`') && part.length > 1) return make('code', {}, part.slice(1, -1));
    if (part.startsWith('**') && part.length > 2) return make('strong', {}, part.slice(2, -2));
    return part;
  });
}

/** Paragraphs and lists. */
function prose(text = '') {
  return text.split('\n\n').map(block => {
    const lines = block.split('\n');
    if (!lines.every(line => line.startsWith('* '))) return make('p', {}, inline(block));
    return make('ul', {}, lines.map(line => make('li', {}, inline(line.slice(2)))));
  });
}

class Description {
  constructor(document) { this.document = document; }

  resolve(value) {
    if (!value?.$ref) return value;
    const steps = value.$ref.slice(2).split('/').map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'));
    return steps.reduce((place, step) => place[step], this.document);
  }

  /** Rows of {name, method, path, operation}, of all routes and webhooks. */
  operations() {
    const rows = [];
    for (const [kind, items] of [['paths', this.document.paths], ['webhooks', this.document.webhooks ?? {}]])
      for (const [path, item] of Object.entries(items))
        for (const method of methods.filter(method => item[method]))
          rows.push({
            path, operation: item[method], method: kind === 'webhooks' ? 'event' : method,
            parameters: [...(item.parameters ?? []), ...(item[method].parameters ?? [])].map(p => this.resolve(p)),
          });
    return rows;
  }

  /** What a schema is, in a few words. */
  typeOf(schema) {
    const name = schema.$ref?.split('/').pop();
    const it = this.resolve(schema);
    const alternatives = it.anyOf ?? it.oneOf;
    if (alternatives) return alternatives.map(one => this.typeOf(one)).join(' or ');
    if (it.const !== undefined) return JSON.stringify(it.const);
    if (name && (it.properties || it.enum)) return name;
    if (it.enum) return it.enum.map(value => JSON.stringify(value)).join(' | ');
    const types = [it.type ?? 'any'].flat().map(type => type === 'array' ? `list of ${this.typeOf(it.items ?? {})}` : type);
    return types.join(' or ') + (it.format ? ` (${it.format})` : '');
  }

  /** Bounds and the default, as far as there are any. */
  limits(schema) {
    const it = this.resolve(schema);
    const words = [];
    const bound = (least, most, unit) => {
      if (it[least] !== undefined && it[most] !== undefined) words.push(`${it[least]} to ${it[most]}${unit}`);
      else if (it[least] !== undefined) words.push(`at least ${it[least]}${unit}`);
      else if (it[most] !== undefined) words.push(`at most ${it[most]}${unit}`);
    };
    bound('minimum', 'maximum', '');
    bound('minLength', 'maxLength', ' characters');
    bound('minItems', 'maxItems', ' elements');
    if (it.default !== undefined) words.push(`default ${JSON.stringify(it.default)}`);
    return words.join('; ');
  }

  /** The object or list within a schema that has members of its own to show; null when there is none. */
  inner(schema) {
    const it = this.resolve(schema);
    if (it.properties || it.allOf) return it;
    if (it.items) return this.inner(it.items);
    for (const one of it.anyOf ?? it.oneOf ?? []) {
      const found = this.inner(one);
      if (found) return found;
    }
    return null;
  }

  members(schema) {
    const it = this.resolve(schema);
    const parts = [it, ...(it.allOf ?? []).map(part => this.resolve(part))];
    return {
      properties: Object.assign({}, ...parts.map(part => part.properties ?? {})),
      required: parts.flatMap(part => part.required ?? []),
    };
  }
}

class Page {
  constructor(description) { this.description = description; }

  entry(name, required, schema, text, tags = []) {
    const limits = this.description.limits(schema);
    return [
      make('dt', {}, make('code', {}, name), required ? make('span.must', { title: 'required' }, ' *') : null),
      make('dd', {}, make('span.soft', {}, this.description.typeOf(schema), limits ? `; ${limits}` : ''),
        ...tags.map(tag => make('span.tag', {}, tag)), text ? make('div', {}, inline(text)) : null,
        this.tree(schema)),
    ];
  }

  /** The members of a schema, folded until they are asked for. */
  tree(schema) {
    const inner = this.description.inner(schema);
    if (!inner) return null;
    const details = make('details', {}, make('summary.soft', {}, 'members'));
    details.addEventListener('toggle', () => {
      if (details.open && details.children.length === 1) details.append(make('div.tree', {}, this.schema(inner)));
    });
    return details;
  }

  schema(schema) {
    const { properties, required } = this.description.members(schema);
    return make('dl', {}, Object.entries(properties).flatMap(([name, member]) =>
      this.entry(name, required.includes(name), member, this.description.resolve(member).description)));
  }

  parameters(parameters) {
    if (parameters.length === 0) return [];
    return [make('h4', {}, 'Parameters'), make('dl', {}, parameters.flatMap(parameter =>
      this.entry(parameter.name, parameter.required, parameter.schema, parameter.description, [parameter.in])))];
  }

  /** A call with curl, from the examples. */
  curl({ method, path, parameters }, type, value) {
    const filled = path.replace(/\{(\w+)\}/g, (all, name) =>
      encodeURIComponent(parameters.find(p => p.in === 'path' && p.name === name)?.example ?? all));
    // What is required, or what the route lists first: `q` and the like, where an example leads by it.
    const asked = parameters.filter((p, i) => p.in === 'query' && p.example !== undefined && (p.required || i === 0));
    const query = asked
      .map(p => `${p.name}=${encodeURIComponent(p.example)}`).join('&');
    const words = ['curl'];
    if (method !== 'get') words.push('-X', method.toUpperCase());
    words.push(`'${location.origin}${filled}${query ? `?${query}` : ''}'`);
    if (type) {
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      words.push('\\\n  -H', `'Content-Type: ${type}'`, '\\\n  --data-binary', `'${text.replaceAll("'", "'\\''")}'`);
    }
    return make('pre', {}, words.join(' '));
  }

  body(row) {
    const body = this.description.resolve(row.operation.requestBody);
    if (!body) return row.method === 'get' ? [make('h4', {}, 'Example'), this.curl(row)] : [];
    return Object.entries(body.content).flatMap(([type, { schema, examples = {} }]) => [
      make('h4', {}, row.method === 'event' ? 'What is sent: ' : 'Body: ', make('code', {}, type)),
      this.description.inner(schema) ? this.schema(schema) : null,
      ...Object.values(examples).flatMap(({ summary, value }) =>
        [summary ? make('div.soft', {}, summary) : null, this.curl(row, type, value)]),
    ]);
  }

  responses(operation) {
    const rows = Object.entries(operation.responses).flatMap(([status, reference]) => {
      const response = this.description.resolve(reference);
      const contents = Object.entries(response.content ?? {}).map(([type, { schema }]) =>
        make('div', {}, make('span.tag', {}, type), ' ', make('span.soft', {}, this.description.typeOf(schema)), this.tree(schema)));
      const headers = Object.keys(response.headers ?? {}).filter(name => name !== 'X-Request-Id');
      return [make('dt', {}, make('code', {}, status)),
        make('dd', {}, inline(response.description), ...contents,
          headers.length ? make('div.soft', {}, `Headers: ${headers.join(', ')}`) : null)];
    });
    return [make('details', {}, make('summary', {}, 'Answers'), make('dl', {}, rows))];
  }

  article(row) {
    const { operation, method, path, parameters } = row;
    const scope = operation['x-required-scope'];
    return make('article', { id: operation.operationId },
      make('h3', {}, operation.summary),
      make('div.route', {}, make(`span.method.${method}`, {}, method.toUpperCase()), make('code', {}, path),
        scope ? make('span.tag', { title: 'the scope it needs' }, scope) : null),
      prose(operation.description), this.parameters(parameters), this.body(row), this.responses(operation));
  }

  show() {
    const { document: it } = this.description;
    const main = document.getElementById('top'), contents = document.getElementById('contents');
    document.getElementById('version').textContent = it.info.version;
    main.replaceChildren(make('h1', {}, it.info.title), make('p.soft', {}, it.info.summary), ...prose(it.info.description),
      make('p', {}, make('a', { href: '/openapi.json' }, 'The description for machines'), ' (OpenAPI ', it.openapi, ')'));
    const rows = this.description.operations();
    for (const tag of it.tags) {
      const mine = rows.filter(row => row.operation.tags[0] === tag.name);
      if (mine.length === 0) continue;
      main.append(make('h2', { id: `tag-${tag.name}` }, tag.name), ...prose(tag.description), ...mine.map(row => this.article(row)));
      contents.append(make('section', {}, make('h2', {}, tag.name), make('ul', {}, mine.map(row =>
        make('li', {}, make('a', { href: `#${row.operation.operationId}`, title: `${row.method} ${row.path}` },
          make(`span.method.${row.method}`, {}, row.method.toUpperCase()), row.operation.summary))))));
    }
    document.getElementById('filter').addEventListener('input', event => this.filter(event.target.value));
    if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  }

  filter(text) {
    const wanted = text.trim().toLowerCase();
    for (const section of document.querySelectorAll('#contents section')) {
      const items = [...section.querySelectorAll('li')];
      for (const item of items)
        item.hidden = !`${item.textContent} ${item.firstChild.title}`.toLowerCase().includes(wanted);
      section.hidden = items.every(item => item.hidden);
    }
  }
}

try {
  const response = await fetch('/openapi.json');
  if (!response.ok) throw new Error(`/openapi.json answered ${response.status}`);
  new Page(new Description(await response.json())).show();
} catch (error) {
  document.getElementById('top').replaceChildren(make('p.error', {}, `The description cannot be shown: ${error.message}`));
}
