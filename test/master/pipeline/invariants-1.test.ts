import { invariantsHold } from './seeds.ts';

invariantsHold(0);
