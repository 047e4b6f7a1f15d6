const people = new Map([['demo', { password: 'demo', name: 'Demo Person' }]]);

export class Account {
  constructor(id) {
    this.accountId = id;
  }

  async claims() {
    return { sub: this.accountId, name: people.get(this.accountId)?.name };
  }

  static authenticate(login, password) {
    return people.get(login)?.password === password ? new Account(login) : undefined;
  }

  static async findAccount(_ctx, id) {
    return people.has(id) ? new Account(id) : undefined;
  }
}
