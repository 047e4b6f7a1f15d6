import { spawnSync } from 'node:child_process';

import { expect } from 'chai';

import { completion } from '../../lib/commands/completion.ts';
import { program } from '../../lib/program.ts';

/** What bash offers for a line that ends in the word to complete. */
function bash(...words: readonly string[]): string[] {
  const line = ['oidc-provider-fapi', ...words];
  const script = `${completion(program, 'bash')}
COMP_WORDS=(${line.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}
_oidc_provider_fapi; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, status } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
  expect([status, stderr]).to.deep.equal([0, '']);
  return stdout.split('\n').filter(Boolean);
}

/** The same of zsh, whose own parts say what they were asked to offer. */
function zsh(...words: readonly string[]): string[] {
  const line = ['oidc-provider-fapi', ...words];
  const script = `compdef() { :; }; compadd() { shift; print -l -- "$@"; }; _files() { print FILES; }
${completion(program, 'zsh')}
words=(${line.map((word) => `'${word}'`).join(' ')}); CURRENT=${line.length}
_oidc_provider_fapi`;
  const { stdout, stderr, status } = spawnSync('zsh', ['-f', '-c', script], { encoding: 'utf8' });
  expect([status, stderr]).to.deep.equal([0, '']);
  return stdout.split('\n').filter((word) => word !== '' && word.startsWith(words.at(-1) ?? ''));
}

const commands = program.commands.map((command) => command.name());

for (const [shell, offered] of Object.entries({ bash, zsh })) {
  describe(`completion in ${shell}`, () => {
    it('offers every command there is, and every command of a group', () => {
      expect(offered('')).to.include.members(commands);
      const group = program.commands.find((command) => command.name() === 'clients');
      expect(offered('clients', '')).to.include.members(group?.commands.map((command) => command.name()) ?? []);
      expect(offered('gr')).to.deep.equal(['grants']);
    });

    it('offers the options of a command, and the values that are listed', () => {
      expect(offered('clients', 'export', '--')).to.include.members(['--config', '--set', '--format', '--help']);
      expect(offered('clients', 'export', '-c', 'as.yaml', '--format', '')).to.deep.equal(['json', 'yaml']);
      expect(offered('migrate', 'u')).to.deep.equal(['up']);
    });
  });
}

describe('completion', () => {
  it('offers files where a file is wanted', () => {
    expect(bash('clients', 'list', '--config', 'config/devel')).to.deep.equal(['config/development.yaml']);
    expect(bash('clients', 'import', 'package.j')).to.deep.equal(['package.json']);
    expect(zsh('clients', 'import', '')).to.include('FILES');
  });
});
