export default {
  // `tree` makes elements one by one, so that nothing in the bundle parses HTML, ours or anybody's.
  compilerOptions: { runes: true, fragments: 'tree' },
};
