// The reference, drawn from /openapi.json. Text goes in as text, never as markup.

const METHODS = ['get', 'post', 'delete'];

function element(tag, text = '', ...children) {
  const made = document.createElement(tag);
  made.textContent = text;
  made.append(...children);
  return made;
}

function table(heads, lines) {
  const head = element('tr', '', ...heads.map((text) => element('th', text)));
  const body = lines.map((line) => element('tr', '', ...line.map((text) => element('td', text))));
  return element('table', '', element('thead', '', head), element('tbody', '', ...body));
}

function typeOf(schema, api) {
  if (!schema) return '';
  if (schema.$ref) return typeOf(named(schema, api), api) || schema.$ref.split('/').at(-1);
  if (schema.enum) return schema.enum.join(' | ');
  if (schema.const) return String(schema.const);
  if (schema.anyOf) return schema.anyOf.map((one) => typeOf(one, api)).join(' | ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items, api)}`;
  return schema.title && schema.type === 'object' ? schema.title : schema.type ?? 'any';
}

function named(schema, api) {
  return schema?.$ref ? api.components.schemas[schema.$ref.split('/').at(-1)] : schema;
}

function fields(schema, api) {
  const found = named(schema, api);
  const whole = found?.anyOf ? named(found.anyOf[0], api) : found;
  if (!whole?.properties) return [];
  const lines = Object.entries(whole.properties).map(([name, field]) => [
    name, typeOf(field, api), whole.required?.includes(name) ? 'required' : '', field.description ?? '',
  ]);
  return [table(['Field', 'Type', '', 'Meaning'], lines)];
}

function operation(method, path, told, api) {
  const head = element('summary', '', element('b', method.toUpperCase()), element('code', path), element('span', told.summary));
  const made = element('details', '', head, element('p', told.description ?? ''));
  if (told.parameters?.length) {
    made.append(element('h3', 'Parameters'), table(['Name', 'In', 'Type', 'Meaning'], told.parameters.map((one) => [
      one.name, one.in, typeOf(one.schema, api), one.description ?? '',
    ])));
  }
  const body = told.requestBody?.content['application/json'];
  if (body) made.append(element('h3', 'Body'), ...fields(body.schema, api));
  made.append(element('h3', 'Answers'));
  for (const [status, answer] of Object.entries(told.responses)) {
    const schema = answer.content?.['application/json']?.schema;
    made.append(element('p', `${status}: ${answer.description}`));
    if (status < 300) made.append(...fields(schema, api));
  }
  return made;
}

const reference = document.getElementById('reference');
try {
  const answer = await fetch('/openapi.json');
  const api = await answer.json();
  if (!answer.ok) throw new Error(api.error);
  const about = element('pre', api.info.description);
  const all = Object.entries(api.paths).flatMap(([path, methods]) => METHODS.filter((method) => method in methods)
    .map((method) => operation(method, path, methods[method], api)));
  reference.replaceChildren(about, ...all);
} catch (error) {
  reference.replaceChildren(element('p', `The reference could not be loaded: ${error.message}`));
}
