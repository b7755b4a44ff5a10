// What the failures' part of the library's view says.
import { count, counted } from '../../../format';
import { messages } from '../../../language.svelte';

export const words = messages(
  {
    title: 'Failures',
    lead: 'Files that Foray could not take into the library. Nothing was done to them. Each is tried again by itself when it changes.',
    none: 'Every file could be read.',
    files: (files: number) => counted(files, 'file'),
    more: (files: number) => `Show ${count(files)} more`,
    retry: 'Try all again',
    retryLead: 'Worth it after you installed a library that was missing, or connected a disk again.',
    retried: (files: number) => (files === 0 ? 'There is nothing to try again.' : `Trying ${counted(files, 'file')} again.`),
  },
  {
    de: {
      title: 'Fehler',
      lead: 'Dateien, die Foray nicht in die Bibliothek aufnehmen konnte. Mit ihnen wurde nichts getan. Jede wird von selbst erneut versucht, wenn sie sich ändert.',
      none: 'Jede Datei konnte gelesen werden.',
      files: (files) => counted(files, 'Datei', 'Dateien'),
      more: (files) => `${count(files)} weitere zeigen`,
      retry: 'Alle erneut versuchen',
      retryLead: 'Lohnt sich, nachdem eine fehlende Programmbibliothek installiert oder eine Platte wieder angeschlossen wurde.',
      retried: (files) => (files === 0 ? 'Es gibt nichts erneut zu versuchen.' : `${counted(files, 'Datei wird', 'Dateien werden')} erneut versucht.`),
    },
    zh: {
      title: '失败',
      lead: 'Foray 无法收入图库的文件。它们未受任何改动,发生变化时会自动重试。',
      none: '所有文件都能读取。',
      files: (files) => `${count(files)} 个文件`,
      more: (files) => `再显示 ${count(files)} 个`,
      retry: '全部重试',
      retryLead: '安装了缺少的程序库或重新连接磁盘后,值得一试。',
      retried: (files) => (files === 0 ? '没有需要重试的文件。' : `正在重试 ${count(files)} 个文件。`),
    },
  },
);
