from django.conf import settings
from django.db import models

from clients.models.projects import Project
from clients.rules.forms import Question


class ProjectForm(models.Model):
    """One version of a project's own questions; the newest is asked. Rows never change.

    Answers name the version they were given to, so that they are always read with its words.
    """

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="forms")
    number = models.PositiveIntegerField()
    source = models.TextField(blank=True)
    asked = models.JSONField(default=list)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["project", "number"], name="project_form_once")
        ]

    def __str__(self) -> str:
        return f"{self.project}, questions {self.number}"

    @property
    def questions(self) -> list[Question]:
        """The questions, in order."""
        return [Question.from_json(each) for each in self.asked]
