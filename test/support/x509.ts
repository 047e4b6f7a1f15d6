// @peculiar/x509 finds its parts by decorators' metadata, which nothing but this import provides.
import 'reflect-metadata';

export * from '@peculiar/x509';
